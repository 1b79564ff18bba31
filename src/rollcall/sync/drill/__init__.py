"""Fire drill: a disaster played against today's settings without touching anybody."""
