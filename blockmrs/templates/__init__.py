"""Pages: display only, escaping left on."""
