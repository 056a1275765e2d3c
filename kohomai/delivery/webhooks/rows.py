"""What the sender reads and writes: deliveries taken on lease, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from psycopg.rows import namedtuple_row

from kohomai.delivery.database import short_transaction
from kohomai.delivery.webhooks import notices
from kohomai.delivery.webhooks.payloads import Happening
from kohomai.delivery.webhooks.schedule import DISABLED_AFTER_DAYS
from kohomai.workspaces.sql import statement

LEASE = 30.0
"""Seconds after which another worker may send what was taken and not ended."""

_CLAIM = statement(__file__, "claim")
_RECORD = statement(__file__, "record")
_LONG_FAILING = (
    "(w.id NOT IN (SELECT id FROM well) AND w.id IN (SELECT id FROM failing)"
    f" AND w.failing_since <= now() - interval '{DISABLED_AFTER_DAYS} days')"
)
_HEALTH = statement(__file__, "health").replace("LONG_FAILING", _LONG_FAILING)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery taken on lease, with all that is needed to send it. ``url`` is ``None`` where nobody is to be told
    any more."""

    id: int
    workspace_id: int
    webhook_id: int
    lane: int
    tries: int
    lease: str
    url: str | None
    secret: bytes | None
    former_secrets: Sequence[Mapping[str, Any]]
    failing: bool
    happening: Happening

    @property
    def chain(self) -> tuple[int, int, int | None]:
        """What goes out one after the other: first attempts about one lead; all else goes by itself."""
        lead = self.happening.lead_id
        if self.tries or lead is None:
            return self.lane, -self.id, self.id
        return self.lane, lead, None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a delivery: ``status`` it has now, and (where it was ``tried``) what the log keeps of it."""

    id: int
    lease: str
    status: str
    tried: bool = False
    pause: float | None = None
    workspace_id: int | None = None
    number: int | None = None
    at: datetime | None = None
    took_ms: int | None = None
    url: str | None = None
    headers: Mapping[str, str] | None = None
    body: str | None = None
    answer_status: int | None = None
    answer: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Webhooks that failed, that answered though they had failed before, and that want no more calls (410)."""

    failing: Iterable[int] = ()
    well: Iterable[int] = ()
    gone: Iterable[int] = ()


def exchange(
    results: Sequence[Result], health: Health, free: Mapping[int, int], otherwise: int, limit: int
) -> list[Claimed]:
    """Write what has become of deliveries, and take what is due on lease, in one short transaction.

    ``free`` says how many places lanes have, ``otherwise`` how many those have that are not in it. At most
    ``limit`` are taken.
    """
    with short_transaction() as cursor:
        if results:
            cursor.execute(_RECORD, [orjson.dumps(results).decode()])
        failing, well, gone = set(health.failing), set(health.well), set(health.gone)
        if failing or well or gone:
            asked = {"failing": sorted(failing), "well": sorted(well), "gone": sorted(gone)}
            cursor.execute(_HEALTH, asked)
            notices.disabled([notices.Disabled(*row) for row in cursor.fetchall()])
        return _claim(free, otherwise, limit) if limit > 0 else []


def _claim(free: Mapping[int, int], otherwise: int, limit: int) -> list[Claimed]:
    with connection.connection.cursor(row_factory=namedtuple_row) as cursor:
        cursor.execute(
            _CLAIM,
            {
                "free": otherwise,
                "lanes": list(free.keys()),
                "frees": list(free.values()),
                "limit": limit,
                "lease": LEASE,
            },
        )
        return [_claimed(row) for row in cursor.fetchall()]


def _claimed(row: Any) -> Claimed:
    lead = None
    if row.known:
        lead = {
            "Email": row.email,
            "Firstname": row.firstname,
            "Lastname": row.lastname,
            "PhoneNumber": row.phone,
            "Test": row.test,
        }
    happening = Happening(
        row.id, row.event_id, row.type, row.at, row.webhook_id, row.lead_id, lead, row.journey_id, row.funnel_id,
        orjson.loads(row.payload) if row.payload else {},
    )  # fmt: skip
    return Claimed(
        row.id,
        row.workspace_id,
        row.webhook_id,
        row.lane,
        row.tries,
        row.lease,
        None if row.disabled or row.lost else row.url,
        bytes(row.secret) if row.secret is not None else None,
        orjson.loads(row.former_secrets),
        row.failing,
        happening,
    )
