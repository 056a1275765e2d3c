"""Transactions of the background: short, bounded, and safe to lose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection, transaction

AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
"""What is raised, by Django or beneath it, when the database cannot be reached, has hung up, or took too long."""

_LIMITS = (
    "SELECT set_config('synchronous_commit', %s, true), set_config('statement_timeout', '10s', true),"
    " set_config('lock_timeout', '5s', true), set_config('idle_in_transaction_session_timeout', '15s', true)"
)


@contextmanager
def short_transaction() -> Iterator[Any]:
    """A transaction that yields its cursor, bounded in time on the server too.

    Its commit does not wait for the disk: it only derives rows from what is stored (or takes a lease on
    them), so that one lost in a crash is made again.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LIMITS, ["off"])
        yield cursor


def give_back() -> None:
    """Return this thread's connection to the pool (or close it, where it is broken)."""
    connection.close()
