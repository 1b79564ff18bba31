"""Answers about people: why somebody is, or is not, a member; how many match; who is in no entity or in several."""
