"""The companies that are measured: made by our own syncs, phase by phase, or filled by a few statements."""
