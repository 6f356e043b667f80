"""Symptom checks and clearances below a report."""
