"""Shows pages to people."""
