"""What a person states about their own health."""
