"""What the doctor finds, and how it reads: in batches by key, in short transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that breaks what must hold: the invariant's number, the table, which row, and what is wrong with it."""

    invariant: int
    table: str
    row: str
    detail: str

    def __str__(self) -> str:
        return f"{self.invariant}. {self.table} {self.row}: {self.detail}"


@contextmanager
def snapshot() -> Iterator[Any]:
    """A transaction that sees one moment of the tables and writes nothing; yields its cursor."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield cursor


def select(sql: str, **arguments: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement, whose result is bounded."""
    with snapshot() as cursor:
        cursor.execute(sql, arguments)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
