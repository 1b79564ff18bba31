"""Plans to look at and decide on, the history of runs, and what both say of changes."""
