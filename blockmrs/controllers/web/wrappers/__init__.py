"""What stands around every request: headers, session, form tokens, errors."""
