"""Accounts: who acts, and how they prove it."""
