"""The backend that `DATABASES` names: Django's own, but for how a pooled connection is checked when it is taken.

Django's check sends a statement for each request. Ours looks at the socket instead: after PostgreSQL was restarted it
is readable (its end has been reached), and the pool then takes another connection.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


def check_socket(connection: psycopg.Connection[Any]) -> None:
    """Raise psycopg.OperationalError when the server has hung up on an idle connection."""
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN)
    except psycopg.OperationalError:
        raise
    except ValueError as error:
        raise psycopg.OperationalError("the connection is closed") from error
    if not poll.poll(0):
        return
    # Something came in by itself: a notice, or the end. Only asking tells which, and it is rare.
    connection.execute("SELECT 1")


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper with our pool."""

    _connection_pools: dict[str, ConnectionPool[Any]] = {}

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        """The pool of this process for this database; made, not opened, when it is first asked for."""
        found = self._connection_pools.get(self.alias)
        if found is not None:
            return found
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        made: ConnectionPool[Any] = ConnectionPool(
            kwargs={**self.get_connection_params(), "autocommit": True},
            open=False,
            configure=self._configure_connection,  # type: ignore[attr-defined]
            check=check_socket,
            **options,
        )
        return self._connection_pools.setdefault(self.alias, made)
