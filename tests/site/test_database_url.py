"""From the address of a database to Django's settings."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from kohomai.site.database.base import check_socket
from kohomai.site.database_url import django_database
from tests.support.program import Program


def read(url: str, pooler: bool = False) -> dict[str, Any]:
    """The settings for an address."""
    return django_database(url, pooler=pooler, pool_size=4)


def test_reads_a_full_address() -> None:
    found = read("postgresql://me:p%40ss@db.example:5433/leads?sslmode=require")
    assert [found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "me",
        "p@ss",
        "db.example",
        "5433",
        "leads",
    ]
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["server_side_binding"] is True
    assert found["OPTIONS"]["prepare_threshold"] is not None


def test_reads_a_socket() -> None:
    found = read("postgresql://kohomai@/kohomai?host=%2Fvar%2Frun")
    assert (found["HOST"], found["PORT"], found["PASSWORD"]) == ("/var/run", "", "")


def test_through_a_pooler_nothing_outlives_a_transaction() -> None:
    found = read("postgresql://me@db.example/leads", pooler=True)
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert found["OPTIONS"]["server_side_binding"] is False
    assert found["OPTIONS"]["prepare_threshold"] is None


def test_a_dead_connection_is_noticed(program: Program) -> None:
    with psycopg.connect(program.database_url, autocommit=True) as connection:
        check_socket(connection)
        with psycopg.connect(program.database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            check_socket(connection)
    connection.close()
    with pytest.raises(psycopg.OperationalError):
        check_socket(connection)
