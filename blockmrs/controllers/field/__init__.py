"""The door `/field`."""
