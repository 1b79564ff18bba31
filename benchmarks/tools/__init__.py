"""``scripts/bench tools``: every HR tool read from its stand-in, in seconds, memory and requests."""
