"""Lines on the chain: written in batches, read as values, saved once."""
