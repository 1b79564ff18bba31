"""Turns what the HR tool says into plans, and approved plans into changes of members."""
