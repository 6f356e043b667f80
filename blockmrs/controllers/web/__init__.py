"""What every door uses of HTTP."""
