"""Lucca: the legacy API (v3 and v4, by API key) and the new one (by client credentials) behind one class."""
