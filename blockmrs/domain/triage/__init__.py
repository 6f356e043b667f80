"""Findings and rules yield an assessment with its reasons."""
