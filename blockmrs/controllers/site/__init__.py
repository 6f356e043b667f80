"""What the site is and says, whatever the request."""
