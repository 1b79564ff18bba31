"""A stand-in for Personio, versions 1 and 2."""
