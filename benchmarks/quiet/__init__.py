"""``scripts/bench quiet``: what a run costs that finds nothing to do, or a few changes."""
