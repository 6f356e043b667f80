"""The door `/people`."""
