"""Wait: is done when a time has passed, or has come."""
