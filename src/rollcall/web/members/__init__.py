"""The list of members, one member and what is done about them, joining, and what members see of themselves."""
