"""Rows that hang in the air, what is there twice, and deliveries that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from kohomai.delivery.webhooks.schedule import ATTEMPTS
from kohomai.journeys.event_types import WEBHOOK_EVENTS
from kohomai.site.doctor_finding import Finding, select

BATCH = 5_000
HOOKS = 200

_STATES = frozenset({"Waiting", "Done", "Failed", "GivenUp", "Cancelled"})

# Rows whose parent is not there, or belongs to another workspace: (table, column, parent).
_CHILDREN = (
    ("journeys_activity", "journey_id", "journeys_journey"),
    ("journeys_event", "journey_id", "journeys_journey"),
    ("journeys_event", "lead_id", "leads_lead"),
    ("leads_leadwebhook", "lead_id", "leads_lead"),
    ("delivery_activityrun", "journey_id", "journeys_journey"),
    ("delivery_webhookdelivery", "event_id", "journeys_event"),
    ("datapoints_enrichment", "lead_id", "leads_lead"),
    ("datapoints_enrichmentcall", "lead_id", "leads_lead"),
    ("datapoints_provideranswer", "lead_id", "leads_lead"),
)
_ORPHANS = """
SELECT c.id, c.parent, p.id IS NULL, c.last
FROM (
    SELECT id, {column} AS parent, workspace_id, max(id) OVER () AS last
    FROM (
        SELECT id, {column}, workspace_id FROM {table}
        WHERE id > %(after)s AND (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
        ORDER BY id LIMIT %(limit)s
    ) AS batch
) AS c
LEFT JOIN {parent} AS p ON p.id = c.parent
WHERE (c.parent IS NOT NULL AND (p.id IS NULL OR p.workspace_id <> c.workspace_id)) OR c.id = c.last
ORDER BY c.id
"""
_SAME_EMAIL = """
SELECT workspace_id, min(id), count(*) FROM leads_lead
WHERE merged_into_id IS NULL AND (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
GROUP BY workspace_id, lower(email) HAVING count(*) > 1 LIMIT 1000
"""
_SAME_FUNNEL = """
SELECT lead_id, funnel_id, array_agg(id ORDER BY id) FROM journeys_journey
WHERE status = 'InProgress' AND exclusive AND (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
GROUP BY lead_id, funnel_id HAVING count(*) > 1 LIMIT 1000
"""
_SAME_RUN = """
SELECT journey_id, key, visit, attempt, run, array_agg(id ORDER BY id) FROM delivery_activityrun
WHERE (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
GROUP BY journey_id, key, visit, attempt, run HAVING count(*) > 1 LIMIT 1000
"""
_HOOKS = """
SELECT id FROM leads_leadwebhook
WHERE id > %(after)s AND (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
ORDER BY id LIMIT %(limit)s
"""
# What a lead's webhook must have been told of, up to the relay's mark: all from the transaction on that made it.
_UNDELIVERED = """
SELECT e.id, w.id, d.status
FROM leads_leadwebhook AS w
CROSS JOIN LATERAL (
    SELECT o.id, o.xid, o.type, o.at FROM journeys_event AS o WHERE o.lead_id = w.lead_id AND o.journey_id IS NULL
    UNION ALL
    SELECT o.id, o.xid, o.type, o.at FROM journeys_journey AS j
    JOIN journeys_event AS o ON o.journey_id = j.id WHERE j.lead_id = w.lead_id
) AS e
JOIN delivery_relaymark AS m ON m.name = 'relay' AND (e.xid, e.id) <= (m.xid, m.event_id)
LEFT JOIN delivery_webhookdelivery AS d ON d.event_id = e.id AND d.webhook_id = w.id
WHERE w.id = ANY (%(ids)s::bigint[])
    AND w.disabled_at IS NULL
    AND e.type = ANY (%(told)s::text[])
    AND (w.events IS NULL OR jsonb_typeof(w.events) = 'null' OR w.events ? e.type)
    AND e.xid >= w.since_xid
    AND (d.id IS NULL OR d.status <> ALL (%(states)s::text[]))
ORDER BY e.id
LIMIT 1000
"""
# The same for a workspace's endpoints, a batch of its events at a time.
_ENDPOINTS = """
SELECT id, workspace_id FROM delivery_webhookendpoint
WHERE disabled_at IS NULL AND (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s) ORDER BY id
"""
_UNTOLD = """
SELECT e.id, e.xid::text, e.wanted AND (d.id IS NULL OR d.status <> ALL (%(states)s::text[])), d.status
FROM (
    SELECT
        o.id, o.xid, w.id AS webhook_id,
        o.type = ANY (%(told)s::text[])
            AND (w.events IS NULL OR jsonb_typeof(w.events) = 'null' OR w.events ? o.type) AS wanted
    FROM delivery_webhookendpoint AS w
    JOIN delivery_relaymark AS m ON m.name = 'relay'
    JOIN journeys_event AS o ON o.workspace_id = w.workspace_id
        AND (o.xid, o.id) > (%(xid)s::text::xid8, %(after)s::bigint)
        AND o.xid >= w.since_xid AND (o.xid, o.id) <= (m.xid, m.event_id)
    WHERE w.id = %(endpoint)s AND w.disabled_at IS NULL
    ORDER BY o.xid, o.id
    LIMIT %(limit)s
) AS e
LEFT JOIN delivery_webhookdelivery AS d ON d.event_id = e.id AND d.webhook_id = e.webhook_id
ORDER BY e.xid, e.id
"""
_GIVEN_UP_EARLY = """
SELECT id, tries FROM delivery_webhookdelivery
WHERE status = 'GivenUp' AND tries < %(whole)s AND event_id IS NOT NULL
    AND (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
ORDER BY id LIMIT 1000
"""


def broken_rows(workspace_id: int | None) -> Iterator[Finding]:
    """Rows whose parent is not there or belongs to another workspace: something was only half written."""
    for table, column, parent in _CHILDREN:
        sql = _ORPHANS.format(table=table, column=column, parent=parent)
        invariant = 6 if table == "delivery_webhookdelivery" else 1
        after: int | None = 0
        while after is not None:
            found = select(sql, after=after, workspace=workspace_id, limit=BATCH)
            after = found[-1][3] if found else None
            for row, owner, gone, _ in found:
                if owner is not None and gone:
                    yield Finding(invariant, table, str(row), f"its {column} {owner} is not there")
                elif owner is not None and not _same_workspace(table, row, parent, owner):
                    yield Finding(
                        invariant, table, str(row), f"its {column} {owner} belongs to another workspace"
                    )


def _same_workspace(table: str, row: int, parent: str, owner: int) -> bool:
    sql = (
        f"SELECT c.workspace_id = p.workspace_id FROM {table} AS c, {parent} AS p"
        " WHERE c.id = %(row)s AND p.id = %(owner)s"
    )
    found = select(sql, row=row, owner=owner)
    return not found or bool(found[0][0])


def twice(workspace_id: int | None) -> Iterator[Finding]:
    """Leads of the same e-mail, running journeys of the same lead and funnel, runs of the same activity."""
    for workspace, lead, count in select(_SAME_EMAIL, workspace=workspace_id):
        yield Finding(2, "leads_lead", str(lead), f"workspace {workspace} has {count} leads of this e-mail")
    for lead, funnel, ids in select(_SAME_FUNNEL, workspace=workspace_id):
        detail = f"lead {lead} has {len(ids)} running journeys of funnel {funnel}: {_listed(ids)}"
        yield Finding(2, "journeys_journey", str(ids[0]), detail)
    for journey, key, visit, attempt, run, ids in select(_SAME_RUN, workspace=workspace_id):
        detail = f"{key} (visit {visit}, attempt {attempt}, run {run}) of journey {journey} is queued {len(ids)} times"
        yield Finding(5, "delivery_activityrun", str(ids[0]), detail)


def _listed(ids: list[int]) -> str:
    return ", ".join(str(one) for one in ids[:10])


def missing_deliveries(workspace_id: int | None) -> Iterator[Finding]:
    """Events, up to where the relay has come, that a webhook asked for and that have no delivery; deliveries that
    were given up before the whole schedule had passed."""
    yield from _of_leads(workspace_id)
    for endpoint, _ in select(_ENDPOINTS, workspace=workspace_id):
        yield from _of_endpoint(endpoint)
    for delivery, tries in select(_GIVEN_UP_EARLY, workspace=workspace_id, whole=ATTEMPTS):
        yield Finding(6, "delivery_webhookdelivery", str(delivery), f"it was given up after {tries} attempts")


def _of_leads(workspace_id: int | None) -> Iterator[Finding]:
    after = 0
    while hooks := [row[0] for row in select(_HOOKS, after=after, workspace=workspace_id, limit=HOOKS)]:
        arguments = {"ids": hooks, "told": sorted(WEBHOOK_EVENTS), "states": sorted(_STATES)}
        for event, hook, status in select(_UNDELIVERED, **arguments):
            yield _missing(event, hook, status)
        after = hooks[-1]


def _of_endpoint(endpoint: int) -> Iterator[Finding]:
    place = ("0", 0)
    arguments = {
        "endpoint": endpoint,
        "told": sorted(WEBHOOK_EVENTS),
        "states": sorted(_STATES),
        "limit": BATCH,
    }
    while found := select(_UNTOLD, xid=place[0], after=place[1], **arguments):
        for event, _, missing, status in found:
            if missing:
                yield _missing(event, endpoint, status)
        place = (found[-1][1], found[-1][0])


def _missing(event: int, hook: int, status: str | None) -> Finding:
    if status is None:
        detail = f"webhook {hook} asked for it and has no delivery of it"
    else:
        detail = f"its delivery to webhook {hook} is {status}"
    return Finding(6, "journeys_event", str(event), detail)
