"""``scripts/bench load``: how many requests a second the lists of the REST API answer, with many people."""
