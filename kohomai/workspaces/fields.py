"""Types of columns that Django does not have."""

from __future__ import annotations

from django.db import models


class Xid8Field(models.Field):
    """PostgreSQL's 64-bit transaction number (``xid8``)."""

    def db_type(self, connection: object) -> str:
        """The column's type."""
        return "xid8"
