"""Wires the rooms together: settings, database, processes, command line, addresses."""
