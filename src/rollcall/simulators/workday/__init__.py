"""A stand-in for Workday."""
