"""Personio.

Version 1 (one list with everything) and version 2 (persons, employments, names) behind one class.
"""
