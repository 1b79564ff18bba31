"""Figures beside their floors: what the same work costs when nothing is decided about anybody."""
