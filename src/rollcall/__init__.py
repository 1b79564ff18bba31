"""Rollcall keeps the members of a spend platform in step with the company's HR tool."""
