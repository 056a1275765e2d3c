"""The tables one registration writes, and the floor's copies of them."""

from __future__ import annotations

import psycopg
from psycopg import sql

LEAD = "leads_lead"
JOURNEY = "journeys_journey"
ACTIVITY = "journeys_activity"
EVENT = "journeys_event"
LINK = "lead_sessions_link"

TABLES = (LEAD, JOURNEY, ACTIVITY, EVENT, LINK)
"""In the order in which a registration fills them: each row points only to rows of tables before its own."""

PREFIX = "floor_"


def make_copies(database_url: str) -> None:
    """Make the floor's tables anew: same columns, defaults, indexes and constraints as ours, and no rows."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in TABLES:
            copy = sql.Identifier(PREFIX + table)
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(copy))
            connection.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(copy, sql.Identifier(table))
            )


def count(database_url: str, prefix: str = "") -> dict[str, int]:
    """How many rows each of the tables (with `prefix`, the floor's) holds."""
    found = {}
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in TABLES:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(prefix + table))
            row = connection.execute(query).fetchone()
            found[table] = row[0] if row else 0
    return found


def settle(database_url: str) -> None:
    """Write out what is dirty and refresh the statistics, so that no round pays for the one before it."""
    superuser = database_url.replace(
        "//kohomai@", "//postgres@", 1
    )  # the embedded server knows both by our user
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        for table in TABLES:
            for name in (table, PREFIX + table):
                connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))
