"""Telling a webhook once more what has happened since a time, a batch of events at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kohomai.delivery.database import short_transaction
from kohomai.delivery.webhooks.lanes import LANE_OF_LEAD_WEBHOOK
from kohomai.journeys.event_types import WEBHOOK_EVENTS
from kohomai.workspaces.sql import statement

BATCH = 1_000
"""Events looked at in one transaction."""
MARGIN = timedelta(minutes=1)
"""By how much, at most, the numbers of transactions can be in another order than the times of their events."""

_NEXT = (
    "SELECT id, workspace_id, webhook_id, since, xid::text, event_id, until_xid::text, until_event_id"
    " FROM delivery_webhookreplay ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_END = "SELECT xid::text, event_id FROM delivery_relaymark WHERE name = 'relay'"
_FIRST_FROM = (
    "SELECT at FROM journeys_event WHERE workspace_id = %s AND (xid, id) >= (%s::text::xid8, 0)"
    " ORDER BY workspace_id, xid, id LIMIT 1"
)
_REPLAY = statement(__file__, "replay").replace("LANE", LANE_OF_LEAD_WEBHOOK, 1)
_BEGUN = (
    "UPDATE delivery_webhookreplay SET xid = %s::text::xid8, event_id = %s, until_xid = %s::text::xid8,"
    " until_event_id = %s WHERE id = %s"
)
_DONE = "DELETE FROM delivery_webhookreplay WHERE id = %s"


def _transaction_before(cursor: Any, workspace: int, since: datetime, last: int) -> int:
    """The number of a transaction, not after ``last``, before which nothing happened from ``since`` on. It is found by
    halves: there may be millions of events on either side."""
    low, high = 0, last
    while low < high:
        middle = (low + high + 1) // 2
        cursor.execute(_FIRST_FROM, [workspace, str(middle)])
        first = cursor.fetchone()
        if first is not None and first[0] < since - MARGIN:
            low = middle
        else:
            high = middle - 1
    return low


def step() -> bool:
    """Take the next step of the oldest replay; whether there was anything to do."""
    with short_transaction() as cursor:
        cursor.execute(_NEXT)
        row = cursor.fetchone()
        if row is None:
            return False
        replay, workspace, webhook, since, xid, event, until_xid, until_event = row
        if xid is None:
            cursor.execute(_END)
            until_xid, until_event = cursor.fetchone() or ("0", 0)
            xid, event = str(_transaction_before(cursor, workspace, since, int(until_xid))), 0
        cursor.execute(
            _REPLAY,
            {
                "webhook": webhook,
                "workspace": workspace,
                "since": since,
                "xid": xid,
                "event": event,
                "until_xid": until_xid,
                "until_event": until_event,
                "told": sorted(WEBHOOK_EVENTS),
                "limit": BATCH,
            },
        )
        looked_at, xid, event = cursor.fetchone()
        if looked_at < BATCH:
            cursor.execute(_DONE, [replay])
        else:
            cursor.execute(_BEGUN, [xid, event, until_xid, until_event, replay])
    return True
