"""The door `/record`."""
