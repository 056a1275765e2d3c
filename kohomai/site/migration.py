"""Brings the database up to date: extensions, tables, and what the first run makes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from kohomai.site import first_run

# Any number that nobody else uses.
LOCK = 7_526_466_502_951
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock of migrations.

    A transaction of its own holds it, since locks of a session do not survive a pooler. It writes nothing, so no reader
    of events waits for its end.
    """
    with psycopg.connect(settings.KOHOMAI_DATABASE_URL, prepare_threshold=None) as guard:
        guard.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        guard.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield


def migrate() -> None:
    """Make extensions and run the migrations, one process at a time."""
    with one_at_a_time():
        run_migrations()


def setup() -> None:
    """What `./run` does before it serves: migrate, and on a first start make what `first-run.json` names."""
    with one_at_a_time():
        run_migrations()
        first_run.ensure(settings.KOHOMAI_URL)


def run_migrations() -> None:
    """Run what is missing; the lock is held."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        there = {name for (name,) in cursor.fetchall()}
        for extension in EXTENSIONS:
            if extension not in there:
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    call_command("migrate", interactive=False, verbosity=0)
