"""Webhooks by Standard Webhooks 1.0: who is told, what, how it is signed and sent, and the log of it."""
