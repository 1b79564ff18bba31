"""What happens: a run from its claim to its end, and the applying of a plan."""
