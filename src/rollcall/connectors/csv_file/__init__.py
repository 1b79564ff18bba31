"""People from a CSV file that somebody hands in."""
