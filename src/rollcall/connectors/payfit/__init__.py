"""PayFit: collaborators, their contracts, and the one company a key belongs to."""
