"""What would change: who is looked at, what is decided about them, and the preview a person sees."""
