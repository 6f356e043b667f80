"""Findings and rules give an assessment with its rationale."""
