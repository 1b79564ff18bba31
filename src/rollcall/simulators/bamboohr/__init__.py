"""A stand-in for BambooHR."""
