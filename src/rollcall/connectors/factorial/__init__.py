"""Factorial: employees, and beside them contract versions, locations, legal entities and teams."""
