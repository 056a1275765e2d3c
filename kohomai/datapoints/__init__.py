"""Data points, their types, and those who can tell their values."""
