"""Signing up, in and out; settings and administration."""
