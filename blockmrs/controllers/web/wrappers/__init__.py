"""What is wrapped around every request: headers, session, form tokens, errors."""
