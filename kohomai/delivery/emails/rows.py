"""What the sender reads and writes: mails taken on lease, and what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg.rows import class_row

from kohomai.delivery.database import short_transaction
from kohomai.delivery.emails import events
from kohomai.delivery.emails.schedule import pause_after
from kohomai.delivery.emails.servers import LEASE
from kohomai.workspaces.sql import statement

BATCH = 10
"""Mails taken for one connection at once."""

_BY_INDEX = (
    "SELECT set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),"
    " set_config('enable_seqscan', 'off', true)"
)
"""Before taking: what is wanted is read by the index that has it, in order. The planner, who may have looked when
nothing was waiting, would rather read and sort the few rows that it believes there are."""
_CLAIM = statement(__file__, "claim")
_SETTLE = statement(__file__, "settle")
_END = (
    "UPDATE delivery_email SET status = %s, next_at = NULL, ended_at = now()"
    " WHERE id = ANY (%s::bigint[]) AND status = 'Waiting'"
)
_GIVE_BACK = (
    "UPDATE delivery_email SET next_at = now()"
    " WHERE id = ANY (%s::bigint[]) AND status = 'Waiting' AND next_at = %s::timestamptz"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail taken on lease, with all that is needed to send it."""

    id: int
    workspace_id: int
    lead_id: int | None
    journey_id: int | None
    kind: str
    category: str | None
    to: str
    subject: str
    text: str
    html: str | None
    tries: int
    lease: str


def claim(workspaces: int, but: Collection[int]) -> list[list[Claimed]]:
    """Take what is due on lease, in batches of one workspace each, of at most so many workspaces, none of ``but``."""
    asked = {"workspaces": workspaces, "but": list(but), "batch": BATCH, "lease": LEASE}
    found: defaultdict[int, list[Claimed]] = defaultdict(list)
    with (
        short_transaction() as deciding,
        connection.connection.cursor(row_factory=class_row(Claimed)) as cursor,
    ):
        deciding.execute(_BY_INDEX)
        for mail in cursor.execute(_CLAIM, asked):
            found[mail.workspace_id].append(mail)
    return [sorted(batch, key=lambda mail: mail.id) for batch in found.values()]


def sent(mail: Claimed) -> None:
    """The server has taken it."""
    _settle(mail, "Sent", None)


def rejected(mail: Claimed, reason: str, *, recipient: bool) -> None:
    """The server will never take it: because of whom it is for, or for another reason."""
    _settle(mail, "Bounced" if recipient else "Failed", reason)


def failed(mail: Claimed, reason: str) -> None:
    """It could not be sent this time; it is tried again, or, after the last try, has failed."""
    pause = pause_after(mail.tries + 1)
    _settle(mail, "Failed" if pause is None else "Waiting", reason, pause)


def end(ids: Sequence[int], status: str) -> None:
    """These are not sent: ``Kept``, since there is no server any more, or ``Suppressed``."""
    if ids:
        with short_transaction() as cursor:
            cursor.execute(_END, [status, list(ids)])


def give_back(mails: Sequence[Claimed]) -> None:
    """These were not tried: somebody else may take them at once."""
    if mails:
        with short_transaction() as cursor:
            cursor.execute(_GIVE_BACK, [[mail.id for mail in mails], mails[0].lease])


def _settle(mail: Claimed, status: str, error: str | None, pause: float | None = None) -> None:
    def change() -> bool:
        values: dict[str, Any] = {
            "id": mail.id,
            "status": status,
            "error": error,
            "pause": pause,
            "lease": mail.lease,
        }
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, values)
            return cursor.rowcount == 1

    if status == "Waiting":
        change()
    else:
        events.with_event(mail, f"email.{status.lower()}", error, change)
