"""Closing an account: what goes and what stays, the waiting time with its undo, the steps, and the receipt."""
