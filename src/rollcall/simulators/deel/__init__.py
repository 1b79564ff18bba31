"""A stand-in for Deel: REST version 2, its SCIM reading side, OAuth and webhooks."""
