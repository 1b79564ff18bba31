"""Decides and touches nothing: values and pure functions, no Django, no network, no clock."""
