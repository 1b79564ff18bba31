"""A stand-in for Factorial."""
