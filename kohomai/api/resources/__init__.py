"""One module per resource: each parses, calls one service, and shows."""
