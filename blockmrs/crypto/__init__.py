"""The one room with keys."""
