"""A stand-in for HiBob."""
