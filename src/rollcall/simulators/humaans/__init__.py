"""A stand-in for Humaans."""
