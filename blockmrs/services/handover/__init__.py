"""A card passes to a new seed, and its keys to those who remain."""
