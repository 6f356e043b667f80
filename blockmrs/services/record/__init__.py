"""What a person tells about their own health."""
