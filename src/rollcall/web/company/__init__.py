"""The company around the HR tool: entities and roles, plan, tokens and audit log."""
