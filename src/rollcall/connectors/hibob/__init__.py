"""HiBob: one search for everybody, or batches by id where that answer would be too big."""
