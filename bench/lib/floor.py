"""The floor program: the least a program in Python must do to store a registration durably.

Bare Starlette and asyncpg. It reads the body, and writes with one statement, in one transaction, the same
rows that Kohomai writes for the same call: lead (upsert), journey, activities, events and the row of the
session's link. It takes them from a lead that was registered before (`FLOOR_LEAD`), so that their number and
their sizes are those of the real ones; each call has its own e-mail, salts and digests. It checks nothing,
decides nothing and knows one kind of lead only. Its tables are copies of ours with the same indexes
(`bench.lib.tables`).
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.lib.tables import ACTIVITY, EVENT, JOURNEY, LEAD, LINK, PREFIX, TABLES

GENERATED = {"id", "xid"}
COLUMNS = """
    SELECT attname::text AS name, format_type(atttypid, NULL) AS type
    FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is written, and its PostgreSQL type without a length."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is written into one table: its columns, and a value for each column of each row."""

    table: str
    columns: tuple[Column, ...]
    rows: tuple[asyncpg.Record, ...]

    @property
    def names(self) -> str:
        """The columns, as a statement lists them."""
        return ", ".join(f'"{column.name}"' for column in self.columns)


async def read_pattern(connection: Any, table: str, owner: str, lead_id: int) -> Pattern:
    """The rows of `table` that belong to the lead."""
    columns = tuple(
        Column(row["name"], row["type"])
        for row in await connection.fetch(COLUMNS, table)
        if row["name"] not in GENERATED
    )
    names = ", ".join(f'"{column.name}"' for column in columns)
    rows = await connection.fetch(f'SELECT {names} FROM "{table}" WHERE {owner} ORDER BY id', lead_id)
    if not rows:
        raise RuntimeError(f"the lead {lead_id} has no rows in {table}")
    return Pattern(table, columns, tuple(rows))


Maker = Callable[["Call"], Any]


@dataclass(slots=True)
class Call:
    """What differs from one registration to the next."""

    body: dict[str, Any]
    now: datetime
    link: bytes


class Writer:
    """Builds the one statement, and the parameters of each call."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.makers: list[Maker] = []
        lead, journey, activities, events, link = patterns
        self.statement = f"""
            WITH l AS (
                INSERT INTO {PREFIX}{LEAD} ({lead.names}) VALUES ({self._single(lead, {})})
                ON CONFLICT (workspace_id, email_key) DO UPDATE SET changed_at = excluded.changed_at
                RETURNING id
            ), j AS (
                INSERT INTO {PREFIX}{JOURNEY} ({journey.names})
                SELECT {self._single(journey, {"lead_id": "l.id"})} FROM l RETURNING id, lead_id
            ), a AS (
                INSERT INTO {PREFIX}{ACTIVITY} ({activities.names})
                SELECT {self._many(activities, {"journey_id": "j.id"})}
            ), e AS (
                INSERT INTO {PREFIX}{EVENT} ({events.names})
                SELECT {self._many(events, {"lead_id": "j.lead_id", "journey_id": "j.id"})}
            ), k AS (
                INSERT INTO {PREFIX}{LINK} ({link.names})
                SELECT {self._single(link, {"lead_id": "j.lead_id", "journey_id": "j.id"})} FROM j
            )
            SELECT l.id AS lead, j.id AS journey FROM l, j
        """

    def parameters(self, call: Call) -> list[Any]:
        """The values for the statement's places."""
        return [make(call) for make in self.makers]

    def _place(self, make: Maker, type_: str) -> str:
        self.makers.append(make)
        return f"${len(self.makers)}::{type_}"

    def _single(self, pattern: Pattern, given: dict[str, str]) -> str:
        """The values of a table that gets one row."""
        row = pattern.rows[0]
        return ", ".join(
            given.get(column.name)
            or self._place(maker(pattern.table, column.name, row[column.name]), column.type)
            for column in pattern.columns
        )

    def _many(self, pattern: Pattern, given: dict[str, str]) -> str:
        """A table that gets several rows: one array for each column, unrolled side by side."""
        selected, arrays, aliases = [], [], []
        for number, column in enumerate(pattern.columns):
            if column.name not in given:
                makers = [maker(pattern.table, column.name, row[column.name]) for row in pattern.rows]
                arrays.append(self._place(all_of(makers), f"{column.type}[]"))
                aliases.append(f"c{number}")
                selected.append(f"u.c{number}")
            elif column.name == "journey_id" and any(row["journey_id"] is None for row in pattern.rows):
                own = [row["journey_id"] is None for row in pattern.rows]
                arrays.append(self._place(always(own), "bool[]"))
                aliases.append("own")
                selected.append("CASE WHEN u.own THEN NULL ELSE j.id END")
            else:
                selected.append(given[column.name])
        return f"{', '.join(selected)} FROM j, unnest({', '.join(arrays)}) AS u({', '.join(aliases)})"


def all_of(makers: Sequence[Maker]) -> Maker:
    """The list of what each of them makes."""
    return lambda call: [make(call) for make in makers]


def always(value: Any) -> Maker:
    """The same for every call."""
    return lambda call: value


def maker(table: str, name: str, value: Any) -> Maker:
    """How one value of one row is made for a call; what need not differ is as the pattern has it."""
    if table == LEAD and name in ("email", "email_key"):
        return lambda call: call.body["Email"]
    if table == LEAD and name in ("firstname", "lastname"):
        return lambda call: call.body[name.capitalize()]
    if table == LINK and name == "digest":
        return lambda call: call.link
    if isinstance(value, bytes) and value:
        size = len(value)
        return lambda call: os.urandom(size)
    if isinstance(value, datetime) and name in ("at", "created_at", "changed_at", "opened_at"):
        return lambda call: call.now
    return always(value)


async def read_writer(database_url: str, lead_id: int) -> Writer:
    """The writer for leads like this one."""
    connection = await asyncpg.connect(database_url)
    try:
        journeys = "journey_id IN (SELECT id FROM journeys_journey WHERE lead_id = $1)"
        owners = {LEAD: "id = $1", ACTIVITY: journeys}
        return Writer(
            [
                await read_pattern(connection, table, owners.get(table, "lead_id = $1"), lead_id)
                for table in TABLES
            ]
        )
    finally:
        await connection.close()


@asynccontextmanager
async def lifespan(application: Starlette) -> AsyncIterator[None]:
    """Learn what is written, and open the connections."""
    url = os.environ["FLOOR_DATABASE_URL"]
    application.state.writer = await read_writer(url, int(os.environ["FLOOR_LEAD"]))
    size = int(os.environ.get("FLOOR_POOL", "16"))
    async with asyncpg.create_pool(url, min_size=size, max_size=size) as pool:
        application.state.pool = pool
        yield


async def register(request: Request) -> Response:
    """Store one registration and answer 201."""
    body = orjson.loads(await request.body())
    link = uuid.uuid4()
    state = request.app.state
    call = Call(body, datetime.now(UTC), hashlib.sha256(link.bytes).digest())
    row = await state.pool.fetchrow(state.writer.statement, *state.writer.parameters(call))
    answer = {"Id": row["lead"], "Email": body["Email"], "Journey": {"Id": row["journey"]}, "UUID": str(link)}
    return Response(orjson.dumps(answer), status_code=201, media_type="application/json")


async def ready(request: Request) -> Response:
    """Answer when the program can be loaded."""
    return Response(b"{}", media_type="application/json")


application = Starlette(
    routes=[Route("/ready", ready), Route("/api/v1/leads", register, methods=["POST"])], lifespan=lifespan
)
