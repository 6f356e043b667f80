"""The door `/about`."""
