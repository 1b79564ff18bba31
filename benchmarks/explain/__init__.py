"""``scripts/bench explain``: how PostgreSQL carries out the statements of a run that grow with the people."""
