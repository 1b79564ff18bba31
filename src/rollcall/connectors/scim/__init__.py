"""Any tool that shows its people by SCIM 2.0 (RFC 7643, RFC 7644); here Rollcall is the client."""
