"""The door `/r`."""
