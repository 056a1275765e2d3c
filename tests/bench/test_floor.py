"""The floor program is honest: it writes the same rows, as large, with the same indexes; and the load counts right."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
import pytest

from bench.lib import api as bench_api
from bench.lib import load, tables
from bench.lib.floor import Call, read_writer

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Workspace
    from tests.support.program import Program

CALLS = 5


@pytest.fixture
def lead(program: Program, workspace: Workspace) -> Iterator[dict[str, Any]]:
    """A lead registered as the benchmark does it, and the floor's tables; these are gone afterwards."""
    client = bench_api.Api(program.base_url, workspace.key)
    bench_api.make_data_points(client)
    ref = bench_api.make_funnel(client, bench_api.REGISTRATION)
    yield client.call("POST", f"/leads?ref={ref}", bench_api.body("pattern@bench.example"))
    with psycopg.connect(program.database_url, autocommit=True) as connection:
        for table in tables.TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {tables.PREFIX}{table}")


async def write(database_url: str, lead_id: int) -> None:
    """What the floor program does for some calls."""
    writer = await read_writer(database_url, lead_id)
    connection = await asyncpg.connect(database_url)
    try:
        for number in range(CALLS):
            call = Call(bench_api.body(f"floor-{number}@bench.example"), datetime.now(UTC), os.urandom(32))
            await connection.fetchrow(writer.statement, *writer.parameters(call))
    finally:
        await connection.close()


def sizes(connection: psycopg.Connection[Any], table: str, where: str) -> tuple[int, int]:
    """How many rows, and their bytes."""
    row = connection.execute(
        f"SELECT count(*), coalesce(sum(pg_column_size(t.*)), 0) FROM {table} t WHERE {where}"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_writes_the_same_rows(program: Program, lead: dict[str, Any]) -> None:
    tables.make_copies(program.database_url)
    asyncio.run(write(program.database_url, lead["Id"]))
    owners = {
        tables.LEAD: f"id = {lead['Id']}",
        tables.ACTIVITY: f"journey_id = {lead['Journey']['Id']}",
    }
    with psycopg.connect(program.database_url, autocommit=True) as connection:
        for table in tables.TABLES:
            rows, size = sizes(connection, table, owners.get(table, f"lead_id = {lead['Id']}"))
            copied, copied_size = sizes(connection, tables.PREFIX + table, "true")
            assert rows >= 1
            assert copied == rows * CALLS, table
            assert copied_size == pytest.approx(size * CALLS, rel=0.05), table


def test_has_the_same_indexes(program: Program, lead: dict[str, Any]) -> None:
    tables.make_copies(program.database_url)
    query = (
        "SELECT count(*), sum(indnatts), sum(indisunique::int) FROM pg_index WHERE indrelid = %s::regclass"
    )
    with psycopg.connect(program.database_url, autocommit=True) as connection:
        for table in tables.TABLES:
            ours = connection.execute(query, [table]).fetchone()
            assert connection.execute(query, [tables.PREFIX + table]).fetchone() == ours, table


def test_our_load_generator_counts_what_is_answered(
    program: Program, workspace: Workspace, lead: dict[str, Any], api: httpx.Client
) -> None:
    target = load.Target(program.base_url, "/api/v1/leads", {"Authorization": f"Bearer {workspace.key}"})
    requests = [
        load.request("GET", "/api/v1/leads", b"", target.headers),
        load.request("GET", "/api/v1/leads/0", b"", target.headers),
    ]
    measured = load.drive(program.base_url, requests * 4, connections=3, seconds=None, expected=200)
    assert (measured.answered, measured.wrong, measured.lost) == (8, 4, 0)
    assert 0 < measured.p50 <= measured.p99
