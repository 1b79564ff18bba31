"""A stand-in for Lucca: the legacy APIs and the new one."""
