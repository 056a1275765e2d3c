"""The log: which deliveries a webhook has, and what each attempt came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg.rows import dict_row

from kohomai.delivery.webhooks import endpoints
from kohomai.delivery.webhooks.payloads import TEST
from kohomai.engine.errors import NotFound
from kohomai.engine.values import time_to_json
from kohomai.journeys.store import parsed

Row = dict[str, Any]
STATUSES = ("Waiting", "Done", "GivenUp", "Cancelled")

_LINES = """
SELECT d.id, d.event_id, d.lead_id, d.journey_id, d.status, d.tries, d.next_at, d.created_at, d.ended_at,
    e.type, e.at, a.status AS answer_status, a.error
FROM delivery_webhookdelivery AS d
LEFT JOIN journeys_event AS e ON e.id = d.event_id AND e.workspace_id = d.workspace_id
LEFT JOIN LATERAL (
    SELECT status, error FROM delivery_webhookattempt WHERE delivery_id = d.id ORDER BY id DESC LIMIT 1
) AS a ON true
WHERE d.webhook_id = %(webhook)s AND d.workspace_id = %(workspace)s
"""
_ATTEMPTS = """
SELECT number, at, took_ms, url, headers, body, status, answer, error FROM delivery_webhookattempt
WHERE delivery_id = %(delivery)s AND workspace_id = %(workspace)s ORDER BY id LIMIT 200
"""


def deliveries(
    workspace_id: int,
    webhook_id: int,
    *,
    after: int = 0,
    limit: int = 50,
    descending: bool = False,
    status: str | None = None,
) -> list[Row]:
    """A webhook's deliveries in order of ``Id``, as the API lists them. Raises ``NotFound``."""
    endpoints.get(workspace_id, webhook_id)
    where, order = "", "DESC" if descending else "ASC"
    if after:
        where += f" AND d.id {'<' if descending else '>'} %(after)s"
    if status is not None:
        where += " AND d.status = %(status)s"
    values = {
        "workspace": workspace_id,
        "webhook": webhook_id,
        "after": after,
        "status": status,
        "limit": limit,
    }
    return [_line(row) for row in _rows(f"{_LINES}{where} ORDER BY d.id {order} LIMIT %(limit)s", values)]


def delivery(workspace_id: int, webhook_id: int, delivery_id: int) -> Row:
    """One delivery with its attempts: request, answer, time. Raises ``NotFound``."""
    values = {"workspace": workspace_id, "webhook": webhook_id, "delivery": delivery_id}
    found = _rows(f"{_LINES} AND d.id = %(delivery)s", values)
    if not found:
        raise NotFound("The webhook has no such delivery.")
    return _line(found[0]) | {"Attempts": [_attempt(row) for row in _rows(_ATTEMPTS, values)]}


def _rows(sql: str, values: Mapping[str, Any]) -> list[Row]:
    connection.ensure_connection()
    with connection.connection.cursor(row_factory=dict_row) as cursor:
        return list(cursor.execute(sql, values).fetchall())


def _line(row: Row) -> Row:
    waiting = row["status"] == "Waiting"
    return {
        "Id": row["id"],
        "MessageId": f"evt_{row['event_id']}" if row["event_id"] is not None else f"evt_test_{row['id']}",
        "Event": {"Id": row["event_id"]} if row["event_id"] is not None else None,
        "Type": row["type"] or TEST,
        "Lead": {"Id": row["lead_id"]} if row["lead_id"] is not None else None,
        "Journey": {"Id": row["journey_id"]} if row["journey_id"] is not None else None,
        "Status": row["status"],
        "Tries": row["tries"],
        "NextAt": time_to_json(row["next_at"]) if waiting else None,
        "AnswerStatus": row["answer_status"],
        "Error": row["error"],
        "createdDate": time_to_json(row["created_at"]),
        "EndedAt": time_to_json(row["ended_at"]) if row["ended_at"] else None,
    }


def _attempt(row: Row) -> Row:
    answer = None
    if row["status"] is not None:
        answer = {"Status": row["status"], "Body": row["answer"] or ""}
    headers = parsed(row["headers"]) or {}
    return {
        "Number": row["number"],
        "At": time_to_json(row["at"]),
        "Took": row["took_ms"],
        "Request": {"URL": row["url"], "Headers": headers, "Body": row["body"]},
        "Answer": answer,
        "Error": row["error"],
    }
