"""SQL rows, and queries that return values."""
