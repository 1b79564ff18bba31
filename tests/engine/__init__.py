"""Tests of the engine: cases in data files, limits at their edges, and properties."""
