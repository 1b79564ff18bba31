"""A stand-in for anybody's SCIM 2.0 service provider, to read people from."""
