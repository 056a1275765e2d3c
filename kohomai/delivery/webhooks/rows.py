"""What the sender reads and writes: deliveries taken on lease, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
import structlog
from django.db import connection
from psycopg.rows import namedtuple_row

from kohomai.delivery.database import AWAY, short_transaction
from kohomai.delivery.webhooks import notices
from kohomai.delivery.webhooks.payloads import Happening
from kohomai.delivery.webhooks.schedule import DISABLED_AFTER_DAYS
from kohomai.workspaces.sql import statement

LEASE = 30.0
"""Seconds after which another worker may send what was taken and not ended."""

_ONE_AT_A_TIME = (
    "SELECT set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),"
    " set_config('idle_in_transaction_session_timeout', '3s', true), pg_advisory_xact_lock(%s, 0)"
)
"""Before taking. Two that take at the same moment would choose the same rows, and one of them go away with nothing:
they wait for each other, some milliseconds each, and for one that stands still meanwhile three seconds at most. What is
wanted in order is read by the index that has it in order: the planner, who may have looked when nothing was waiting,
would rather read and sort the few rows that it believes there are."""
_LOCK = 0x6B6F686F
"""The number of the lock, in the series of those with two numbers."""
_CLAIM = statement(__file__, "claim")
_RECORD = statement(__file__, "record")
_LONG_FAILING = (
    "(w.id NOT IN (SELECT id FROM well) AND w.id IN (SELECT id FROM failing)"
    f" AND w.failing_since <= now() - interval '{DISABLED_AFTER_DAYS} days')"
)
_HEALTH = statement(__file__, "health").replace("LONG_FAILING", _LONG_FAILING)
_log = structlog.get_logger()


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
            _record(cursor, results)
        _note(cursor, health)
        return _claim(cursor, free, otherwise, limit) if limit > 0 else []


def record_apart(results: Sequence[Result], health: Health) -> None:
    """Write the same, each by itself, so that what cannot be written stops nothing else: of such a result what it
    came to is kept, and no more. Raises what says that the database is away."""
    for result in results:
        bare = replace(
            result, url="", headers={}, body="", answer=None, error="It could not be written down."
        )
        for kept in (result, bare):
            try:
                with short_transaction() as cursor:
                    _record(cursor, [kept])
                break
            except AWAY:
                raise
            except Exception:
                _log.exception("a result could not be written", delivery=result.id)
    try:
        with short_transaction() as cursor:
            _note(cursor, health)
    except AWAY:
        raise
    except Exception:
        _log.exception("the health of webhooks could not be written")


def _record(cursor: Any, results: Sequence[Result]) -> None:
    cursor.execute(_RECORD, [orjson.dumps(results).decode()])


def _note(cursor: Any, health: Health) -> None:
    failing, well, gone = set(health.failing), set(health.well), set(health.gone)
    if failing or well or gone:
        cursor.execute(_HEALTH, {"failing": sorted(failing), "well": sorted(well), "gone": sorted(gone)})
        notices.disabled([notices.Disabled(*row) for row in cursor.fetchall()])


def _claim(cursor: Any, free: Mapping[int, int], otherwise: int, limit: int) -> list[Claimed]:
    cursor.execute(_ONE_AT_A_TIME, [_LOCK])
    with connection.connection.cursor(row_factory=namedtuple_row) as reading:
        reading.execute(
            _CLAIM,
            {
                "free": otherwise,
                "lanes": list(free.keys()),
                "frees": list(free.values()),
                "limit": limit,
                "lease": LEASE,
            },
        )
        return [_claimed(row) for row in reading.fetchall()]


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
        row.payload or "{}",
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
