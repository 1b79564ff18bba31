"""What happens, counted and timed: any room may say it here, and knows nobody who listens."""
