"""Symptom checks, clearances and replies below a report."""
