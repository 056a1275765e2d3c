"""What one transaction will write of leads, journeys, activities and events, sent as a few set-based
statements in one round trip."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from psycopg import Connection

from kohomai.journeys import chain
from kohomai.leads import rows
from kohomai.workspaces.sql import statement

Row = dict[str, Any]

INSERT_EVENTS = statement(__file__, "insert_events")
_STATEMENTS = {
    "leads_new": rows.INSERT_LEADS,
    "leads_changed": rows.UPDATE_LEADS,
    "webhooks": rows.PUT_WEBHOOKS,
    "webhooks_off": rows.WEBHOOKS_OFF,
    "journeys_new": statement(__file__, "insert_journeys"),
    "journeys_changed": statement(__file__, "update_journeys"),
    "activities_new": statement(__file__, "insert_activities"),
    "activities_changed": statement(__file__, "update_activities"),
    "events": INSERT_EVENTS,
}


def bytea(value: bytes) -> str:
    """Bytes as PostgreSQL reads them in text."""
    return "\\x" + value.hex()


def json(value: Any) -> str:
    """``value`` as JSON text."""
    return orjson.dumps(value).decode()


@dataclass(slots=True)
class Chain:
    """Where the chain of one journey's or lead's events stands; ``append`` moves it on."""

    workspace_id: int
    lead_id: int
    journey_id: int | None
    sequence: int
    hash: bytes

    def append(self, event_type: str, payload: Mapping[str, Any], at: datetime, salt: bytes) -> Row:
        """The row of the next event."""
        body = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
        digest = chain.digest_of(salt, body)
        self.sequence += 1
        self.hash = chain.link(self.hash, self.sequence, event_type, at, digest)
        return {
            "workspace_id": self.workspace_id,
            "lead_id": self.lead_id,
            "journey_id": self.journey_id,
            "sequence": self.sequence,
            "type": event_type,
            "at": at,
            "payload": orjson.Fragment(body),
            "salt": bytea(salt),
            "digest": bytea(digest),
            "hash": bytea(self.hash),
        }


@dataclass(slots=True)
class Writes:
    """Rows gathered for one transaction, by statement; ``send`` writes them in the order parents first."""

    leads_new: list[Row] = field(default_factory=list)
    leads_changed: list[Row] = field(default_factory=list)
    webhooks: list[Row] = field(default_factory=list)
    webhooks_off: list[Row] = field(default_factory=list)
    journeys_new: list[Row] = field(default_factory=list)
    journeys_changed: list[Row] = field(default_factory=list)
    activities_new: list[Row] = field(default_factory=list)
    activities_changed: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)

    def append_events(self, to: Chain, events: Sequence[tuple[str, Mapping[str, Any], datetime]]) -> None:
        """Put events, each with its moment, at the end of a chain."""
        salts = os.urandom(chain.SALT_BYTES * len(events))
        for number, (event_type, payload, at) in enumerate(events):
            salt = salts[chain.SALT_BYTES * number : chain.SALT_BYTES * (number + 1)]
            self.events.append(to.append(event_type, payload, at, salt))

    def send(self, connection: Connection[Any], *more: tuple[str, Sequence[Mapping[str, Any]]]) -> None:
        """Write everything in the caller's transaction, as one statement; ``more`` are other rooms' statements,
        each with the rows it takes as one JSON parameter."""
        gathered = [(sql, getattr(self, name)) for name, sql in _STATEMENTS.items()]
        filled = [(sql, rows) for sql, rows in (*gathered, *more) if rows]
        if filled:
            connection.execute(_together(tuple(sql for sql, _ in filled)), [json(rows) for _, rows in filled])


@lru_cache(maxsize=256)
def _together(statements: tuple[str, ...]) -> str:
    """One statement that does what each of these does; none of them sees what the others write."""
    parts = ", ".join(f"part{number} AS (\n{sql}\n)" for number, sql in enumerate(statements))
    return f"WITH {parts}\nSELECT"


def allocate_ids(connection: Connection[Any], leads: int, journeys: int, activities: int) -> list[list[int]]:
    """New ids for so many leads, journeys and activities, each list ascending."""
    row = connection.execute(
        "SELECT ARRAY(SELECT nextval('leads_lead_id_seq') FROM generate_series(1, %s)),"
        " ARRAY(SELECT nextval('journeys_journey_id_seq') FROM generate_series(1, %s)),"
        " ARRAY(SELECT nextval('journeys_activity_id_seq') FROM generate_series(1, %s))",
        (leads, journeys, activities),
    ).fetchone()
    assert row is not None
    return list(row)
