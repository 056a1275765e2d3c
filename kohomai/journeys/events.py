"""Events of a lead that no journey has a part in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from kohomai.journeys.writes import INSERT_EVENTS, Chain, Writes, bytea, json


class Executes(Protocol):
    """Django's or psycopg's cursor."""

    def execute(self, query: Any, params: Any = None, /) -> Any:
        """Send one statement."""
        ...

    def fetchone(self) -> Any:
        """The next row of the answer."""
        ...


def append_lead_event(
    cursor: Executes,
    workspace_id: int,
    lead_id: int,
    event_type: str,
    payload: Mapping[str, Any],
    now: datetime,
) -> None:
    """Write one event at the end of a lead's chain, in the caller's transaction; locks the lead's row."""
    cursor.execute(
        "SELECT sequence, hash FROM leads_lead WHERE id = %s AND workspace_id = %s FOR UPDATE",
        (lead_id, workspace_id),
    )
    sequence, last_hash = cursor.fetchone()
    chain = Chain(workspace_id, lead_id, None, sequence, bytes(last_hash))
    writes = Writes()
    writes.append_events(chain, [(event_type, payload, now)])
    cursor.execute(INSERT_EVENTS, (json(writes.events),))
    cursor.execute(
        "UPDATE leads_lead SET sequence = %s, hash = %s::bytea WHERE id = %s",
        (chain.sequence, bytea(chain.hash), lead_id),
    )
