"""Leads: who they are, how they are reached, and where they came from."""
