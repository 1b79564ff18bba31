"""What comes to us by itself: files dropped in a folder, and an HR tool's webhooks."""
