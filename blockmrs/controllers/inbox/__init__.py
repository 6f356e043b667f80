"""The door `/inbox`."""
