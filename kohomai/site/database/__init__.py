"""Django's PostgreSQL backend, with a pool that notices dead connections without asking the server."""
