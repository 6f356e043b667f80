"""The door `/team`."""
