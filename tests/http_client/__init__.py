"""The HTTP client against a server that misbehaves, on the loopback interface."""
