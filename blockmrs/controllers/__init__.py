"""HTTP in, HTTP out: parse, call one service, choose a page."""
