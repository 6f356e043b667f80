"""Grants: given, passed on and ended."""
