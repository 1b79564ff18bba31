"""Speaks to HR tools: a declaration and a pure mapping for each, the same checks for all."""
