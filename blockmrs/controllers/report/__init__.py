"""The doors `/field/report` and `/field/phone`."""
