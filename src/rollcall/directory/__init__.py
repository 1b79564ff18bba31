"""Holds the members of each entity; every change to them goes through ``actions``."""
