"""The rules, asked: interviews, and what becomes of their advice."""
