"""A stand-in for PayFit."""
