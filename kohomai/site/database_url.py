"""From the address of a database to Django's settings for it."""

from __future__ import annotations

from typing import Any

from psycopg.conninfo import conninfo_to_dict


def django_database(url: str, *, pooler: bool, pool_size: int) -> dict[str, Any]:
    """Django's settings for the database at `url`.

    `pooler` says that the address leads through a pooler in transaction mode: prepared statements, server-side
    cursors and server-side binding are off then. `pool_size` is the most connections one process opens.
    """
    found = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    found.setdefault("application_name", "kohomai")
    options: dict[str, Any] = {
        "pool": {"min_size": 1, "max_size": pool_size, "timeout": 5, "max_idle": 300, "reconnect_timeout": 5},
        "server_side_binding": not pooler,
        "prepare_threshold": None if pooler else 2,
    }
    named = {key: str(found.pop(name, "")) for key, name in _NAMES.items()}
    return {
        "ENGINE": "kohomai.site.database",
        **named,
        "OPTIONS": {**found, **options},
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": pooler,
    }


_NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
