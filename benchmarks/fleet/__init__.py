"""``scripts/bench fleet``: thousands of companies that are all due, and the worker processes that do their runs."""
