"""The front-office's views: each parses, calls, and shows."""
