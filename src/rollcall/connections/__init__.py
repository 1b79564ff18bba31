"""Holds each customer's connection to an HR tool and the mirror of what the tool said."""
