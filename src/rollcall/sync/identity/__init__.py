"""Who is who: conflicts that a person decides, with both sides beside each other."""
