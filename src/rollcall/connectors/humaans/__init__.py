"""Humaans: people, and beside them job roles, locations, companies and bank accounts."""
