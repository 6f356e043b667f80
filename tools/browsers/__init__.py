"""Which browsers are supported, and what of our scripts and styles the oldest of them do not know."""
