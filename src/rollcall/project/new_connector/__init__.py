"""The skeleton of a connector, its stand-in and its tests, and the command that writes them."""
