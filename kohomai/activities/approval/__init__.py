"""Approval: a question answered with yes or no."""
