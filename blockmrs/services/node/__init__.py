"""This installation: its data folder, backups, health and checks."""
