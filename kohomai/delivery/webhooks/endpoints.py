"""What a workspace is told of, and where: its endpoints, and its leads' own webhooks, both by one series of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from psycopg.rows import dict_row

from kohomai.delivery.models import WebhookEndpoint
from kohomai.delivery.webhooks import signing
from kohomai.delivery.webhooks.lanes import LANE_OF_LEAD_WEBHOOK
from kohomai.engine.errors import Conflict, Fault, Invalid, NotFound
from kohomai.journeys.event_types import WEBHOOK_EVENTS
from kohomai.journeys.wake import notify
from kohomai.leads.webhooks import check_webhook_url
from kohomai.workspaces.checks import raise_faults

MAX_ENDPOINTS = 100
"""Endpoints of one workspace at most: each event is told to each."""
ASKED = "Asked"

_COLUMNS = (
    "id, lead_id, url, events, disabled_at, disabled_reason, failing_since, created_at, changed_at, "
    "former_secrets"
)
_BOTH = f"""
SELECT {_COLUMNS} FROM (
    SELECT id, workspace_id, NULL::bigint AS lead_id, url, events, disabled_at, disabled_reason, failing_since,
        created_at, changed_at, former_secrets
    FROM delivery_webhookendpoint
    UNION ALL
    SELECT id, workspace_id, lead_id, url, events, disabled_at, disabled_reason, failing_since,
        created_at, changed_at, '[]'::jsonb
    FROM leads_leadwebhook
) AS w
WHERE workspace_id = %(workspace)s
"""
_TABLES = ("delivery_webhookendpoint", "leads_leadwebhook")


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint of the workspace or, with ``lead_id``, a lead's own webhook; never with its secret."""

    id: int
    lead_id: int | None
    url: str
    events: list[str] | None
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    changed_at: datetime
    former_secrets: list[Mapping[str, Any]]

    @property
    def former_until(self) -> datetime | None:
        """Until when a secret that was rotated away still signs."""
        found = signing.former(self.former_secrets, datetime.now(UTC))
        return max((datetime.fromisoformat(entry["Until"]) for entry in found), default=None)


def listed(
    workspace_id: int,
    *,
    after: int = 0,
    limit: int = 50,
    descending: bool = False,
    lead_id: int | None = None,
) -> list[Webhook]:
    """Webhooks in order of ``Id``, those of leads too; ``lead_id`` gives the lead's own only."""
    where, order = "", "DESC" if descending else "ASC"
    if after:
        where += f" AND id {'<' if descending else '>'} %(after)s"
    if lead_id is not None:
        where += " AND lead_id = %(lead)s"
    sql = f"{_BOTH}{where} ORDER BY id {order} LIMIT %(limit)s"
    return _rows(sql, {"workspace": workspace_id, "after": after, "lead": lead_id, "limit": limit})


def get(workspace_id: int, webhook_id: int) -> Webhook:
    """One webhook. Raises ``NotFound``."""
    found = _rows(f"{_BOTH} AND id = %(id)s", {"workspace": workspace_id, "id": webhook_id})
    if not found:
        raise NotFound("There is no such webhook.")
    return found[0]


def _rows(sql: str, values: Mapping[str, Any]) -> list[Webhook]:
    connection.ensure_connection()
    with connection.connection.cursor(row_factory=dict_row) as cursor:
        return [_webhook(row) for row in cursor.execute(sql, values).fetchall()]


def _webhook(columns: dict[str, Any]) -> Webhook:
    for name in ("events", "former_secrets"):
        if isinstance(columns[name], str | bytes):
            columns[name] = orjson.loads(columns[name])
    return Webhook(**columns)


# --- changes ------------------------------------------------------------------------------------------------


@transaction.atomic
def create(workspace_id: int, *, url: object, events: object = None) -> tuple[Webhook, str]:
    """A new endpoint and, for this once, its secret. Raises ``Invalid`` with every fault, and ``Conflict`` when there
    are as many as there can be."""
    faults: list[Fault] = []
    address = _read_url(url, faults)
    names = _read_events(events, faults)
    raise_faults(faults)
    if WebhookEndpoint.objects.filter(workspace_id=workspace_id).count() >= MAX_ENDPOINTS:
        raise Conflict(f"A workspace has at most {MAX_ENDPOINTS} webhooks.")
    secret = signing.new_secret()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('leads_leadwebhook', 'id'))")
        webhook_id = cursor.fetchone()[0]
    WebhookEndpoint.objects.create(
        id=webhook_id, workspace_id=workspace_id, url=address, events=names, secret=signing.sealed(secret)
    )
    return get(workspace_id, webhook_id), secret


@transaction.atomic
def change(workspace_id: int, webhook_id: int, changes: Mapping[str, object]) -> Webhook:
    """Change what ``changes`` names: URL (of an endpoint only: a lead's own is known by it), Events, Disabled.

    Raises ``Invalid`` with every fault, and ``NotFound``.
    """
    webhook = get(workspace_id, webhook_id)
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    if "URL" in changes:
        if webhook.lead_id is not None:
            faults.append(Fault("/URL", "WrongValue", "A lead's own webhook is known by its URL: it stays."))
        else:
            values["url"] = _read_url(changes["URL"], faults)
    if "Events" in changes:
        events = _read_events(changes["Events"], faults)
        values["events"] = None if events is None else orjson.dumps(events).decode()
    if "Disabled" in changes and not isinstance(changes["Disabled"], bool):
        faults.append(Fault("/Disabled", "WrongType", "Disabled must be true or false."))
    raise_faults(faults)
    enabled = changes.get("Disabled") is False and webhook.disabled_at is not None
    sets = [f"{column} = %({column})s" + ("::jsonb" if column == "events" else "") for column in values]
    if enabled:
        sets.append("disabled_at = NULL, disabled_reason = NULL, failing_since = NULL")
    elif changes.get("Disabled") is True and webhook.disabled_at is None:
        sets.append(f"disabled_at = now(), disabled_reason = '{ASKED}'")
    if enabled or "events" in values:
        # From here on it is told; what was before is told by a replay.
        sets.append("since_xid = pg_current_xact_id()")
    sql = f"UPDATE {_table(webhook)} SET {', '.join([*sets, 'changed_at = now()'])} WHERE id = %(id)s"
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, "id": webhook_id})
    return get(workspace_id, webhook_id)


@transaction.atomic
def delete(workspace_id: int, webhook_id: int) -> None:
    """It is told nothing more, and its log is gone. Raises ``NotFound``."""
    webhook = get(workspace_id, webhook_id)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_table(webhook)} WHERE id = %s", [webhook_id])


@transaction.atomic
def rotate(workspace_id: int, webhook_id: int, overlap: timedelta) -> tuple[Webhook, str]:
    """A new secret, for this once; the old one goes on signing beside it for ``overlap``.

    Raises ``NotFound``, and ``Conflict`` for a lead's own webhook: its secret came with it.
    """
    if get(workspace_id, webhook_id).lead_id is not None:
        raise Conflict("The secret of a lead's own webhook comes with it: send WebhookInput again.")
    endpoint = WebhookEndpoint.objects.select_for_update().get(id=webhook_id)
    secret, now = signing.new_secret(), datetime.now(UTC)
    endpoint.former_secrets = signing.rotated(bytes(endpoint.secret), endpoint.former_secrets, overlap, now)
    endpoint.secret, endpoint.changed_at = signing.sealed(secret), now
    endpoint.save(update_fields=["secret", "former_secrets", "changed_at"])
    return get(workspace_id, webhook_id), secret


# --- telling ------------------------------------------------------------------------------------------------


def test(workspace_id: int, webhook_id: int) -> int:
    """Have it told ``webhook.test``, whatever its events are; the ``Id`` of the delivery.

    Raises ``NotFound``, and ``Conflict`` when it is disabled.
    """
    webhook = _enabled(workspace_id, webhook_id)
    lane = "w.id" if webhook.lead_id is None else LANE_OF_LEAD_WEBHOOK
    sql = (
        "INSERT INTO delivery_webhookdelivery (workspace_id, webhook_id, lane, lead_id, status, tries, next_at)"
        f" SELECT w.workspace_id, w.id, {lane}, %s, 'Waiting', 0, now() FROM {_table(webhook)} AS w"
        " WHERE w.id = %s RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [webhook.lead_id, webhook_id])
        delivery = int(cursor.fetchone()[0])
    transaction.on_commit(notify)
    return delivery


def replay(workspace_id: int, webhook_id: int, since: datetime) -> None:
    """Have it told once more all it wants to know that happened from ``since`` on; soon, in the background.

    Raises ``NotFound``, ``Conflict`` when it is disabled, and ``Invalid`` for a time to come.
    """
    _enabled(workspace_id, webhook_id)
    if since > datetime.now(UTC):
        raise Invalid([Fault("/Since", "WrongValue", "Since must not lie in the future.")])
    sql = "INSERT INTO delivery_webhookreplay (workspace_id, webhook_id, since) VALUES (%s, %s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(sql, [workspace_id, webhook_id, since])
    transaction.on_commit(notify)


def replay_one(workspace_id: int, webhook_id: int, delivery_id: int) -> None:
    """Have one delivery made once more, now. Raises ``NotFound``, and ``Conflict`` when the webhook is disabled."""
    _enabled(workspace_id, webhook_id)
    sql = (
        "UPDATE delivery_webhookdelivery SET status = 'Waiting', tries = 0, next_at = now(), ended_at = NULL"
        " WHERE id = %s AND webhook_id = %s AND workspace_id = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [delivery_id, webhook_id, workspace_id])
        if not cursor.rowcount:
            raise NotFound("The webhook has no such delivery.")
    transaction.on_commit(notify)


def _enabled(workspace_id: int, webhook_id: int) -> Webhook:
    webhook = get(workspace_id, webhook_id)
    if webhook.disabled_at is not None:
        raise Conflict("The webhook is disabled; enable it first.")
    return webhook


def _table(webhook: Webhook) -> str:
    return _TABLES[webhook.lead_id is not None]


# --- reading ------------------------------------------------------------------------------------------------


def _read_url(raw: object, faults: list[Fault]) -> str:
    wrong = check_webhook_url(raw, settings.KOHOMAI_WEBHOOK_ALLOW)
    if wrong is not None:
        faults.append(Fault("/URL", "WrongValue" if raw else "Required", f"URL {wrong}."))
        return ""
    return str(raw)


def _read_events(raw: object, faults: list[Fault]) -> list[str] | None:
    """The names of events; ``None`` (and an empty list) for all."""
    if raw is None:
        return None
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        faults.append(Fault("/Events", "WrongType", "Events must be a list of event names."))
        return None
    for place, name in enumerate(raw):
        if not isinstance(name, str) or name not in WEBHOOK_EVENTS:
            faults.append(Fault(f"/Events/{place}", "UnknownEvent", "There is no such event."))
    names = list(dict.fromkeys(name for name in raw if isinstance(name, str)))
    return names or None
