"""Workspaces, the people in them, their roles, and the keys that programs use."""
