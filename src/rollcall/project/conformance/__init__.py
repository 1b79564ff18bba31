"""The conformance kit: what every connector must do, tried against the tool's stand-in or the tool itself."""
