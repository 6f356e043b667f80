"""The `blockmrs` command: one file per command; they call services, as controllers do."""
