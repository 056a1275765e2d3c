"""What the API and the pages read of leads, journeys and events; nothing here changes anything.

Lists are keyset-paged: ``after`` is the last ``Id`` seen, the result one item longer than ``limit`` where more
follow. Everything is found through a workspace only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg.rows import dict_row

from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.engine.errors import NotFound
from kohomai.engine.events import DECIDED
from kohomai.engine.values import Datum, to_api
from kohomai.engine.values import time_to_json as stamp
from kohomai.funnels.compiled import definition
from kohomai.journeys import store
from kohomai.journeys.copies import COUNTRY, phone_country
from kohomai.journeys.event_types import INTERNAL_EVENTS
from kohomai.journeys.lead_record import LeadRecord
from kohomai.journeys.shown import activity_json, journey_head, journey_json, node_json
from kohomai.workspaces.sql import statement

Row = dict[str, Any]
_EVENTS = statement(__file__, "list_events")


def _rows(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    connection.ensure_connection()
    with connection.connection.cursor(row_factory=dict_row) as cursor:
        return list(cursor.execute(sql, values).fetchall())


# --- leads --------------------------------------------------------------------------------------------------


def lead(workspace_id: int, lead_id: int) -> Row:
    """A lead as ``GET /leads/{id}`` shows it; an ``Id`` that was merged away leads to its heir. Raises ``NotFound``."""
    sql = "SELECT * FROM leads_lead WHERE id = %s AND workspace_id = %s"
    rows = _rows(sql, (lead_id, workspace_id))
    if rows and rows[0]["merged_into_id"] is not None:
        rows = _rows(sql, (rows[0]["merged_into_id"], workspace_id))
    if not rows:
        raise NotFound("There is no such lead.")
    points = catalogue(workspace_id)
    shown = _lead_json(rows[0], points)
    record = LeadRecord.stored(rows[0], points)
    if (country := phone_country(record, points)) is not None:  # it goes before what was sent or found out
        since = record.data[points.system["Phone"].id].known_since
        record.data[points.system[COUNTRY].id] = Datum(country, "System", since)
    shown["Data"] = [
        {
            "Name": points.name(point_id),
            "Value": to_api(datum.value),
            "Source": datum.source,
            "ChangedAt": stamp(datum.known_since),
        }
        for point_id, datum in sorted(record.data.items())
    ]
    return shown


def leads(
    workspace_id: int,
    *,
    after: int | None = None,
    limit: int = 50,
    descending: bool = False,
    email: str | None = None,
    test: bool | None = None,
    created_after: Any = None,
    changed_after: Any = None,
) -> list[Row]:
    """Leads in order of ``Id``, without those merged away."""
    where, values = ["workspace_id = %(ws)s", "merged_into_id IS NULL"], {"ws": workspace_id}
    if email is not None:
        where.append("email_key = %(email)s")
    if test is not None:
        where.append("test = %(test)s")
    values |= {"email": (email or "").lower(), "test": test}  # type: ignore[dict-item]
    rows = _page("leads_lead", where, values, after, limit, descending, created_after, changed_after)
    points = catalogue(workspace_id)
    return [_lead_json(row, points) for row in rows]


def _lead_json(row: Row, points: Catalogue) -> Row:
    return {
        "Id": row["id"],
        "Email": row["email"],
        "Firstname": row["firstname"],
        "Lastname": row["lastname"],
        "PhoneNumber": row["phone"],
        "PhoneNumberOriginal": row["phone_original"],
        "Attribution": store.parsed(row["attribution"]),
        "Test": row["test"],
        "createdDate": stamp(row["created_at"]),
        "changedDate": stamp(row["changed_at"]),
    }


# --- journeys -----------------------------------------------------------------------------------------------


def load_journey(workspace_id: int, journey_id: int) -> tuple[store.Loaded, str]:
    """A journey with its state and its lead's e-mail, not locked. Raises ``NotFound``."""
    connection.ensure_connection()
    where = "id = %s AND workspace_id = %s"
    points = catalogue(workspace_id).by_id
    found = store.load(connection.connection, where, (journey_id, workspace_id), points, lock=False)
    if not found:
        raise NotFound("There is no such journey.")
    email = _rows("SELECT email FROM leads_lead WHERE id = %s", (found[0].row.lead_id,))[0]["email"]
    return found[0], email


def journey(workspace_id: int, journey_id: int) -> Row:
    """A journey whole: with its activities, data and receipts. Raises ``NotFound``."""
    return shown(workspace_id, *load_journey(workspace_id, journey_id))


def shown(workspace_id: int, loaded: store.Loaded, email: str) -> Row:
    """A journey whole, as it was just loaded or changed; ``email`` is its lead's."""
    its_definition = definition(loaded.row.funnel_id, loaded.state.version)
    points = catalogue(workspace_id).by_id
    if any(point_id not in points for point_id in loaded.state.data):
        points = catalogue(workspace_id, fresh=True).by_id
    return journey_json(loaded, email, its_definition, points, receipts_of(loaded.row.id))


def receipts_of(journey_id: int) -> list[Any]:
    """The receipts of a journey's decisions, oldest first; those that were erased left out."""
    sql = (
        "SELECT payload FROM journeys_event WHERE journey_id = %s AND type = %s AND payload IS NOT NULL"
        " ORDER BY sequence"
    )
    return [store.parsed(row["payload"]) for row in _rows(sql, (journey_id, DECIDED))]


def activity(workspace_id: int, journey_id: int, activity_id: int) -> Row:
    """One activity of a journey. Raises ``NotFound``."""
    loaded, _ = load_journey(workspace_id, journey_id)
    for ref, known in loaded.activity_ids.items():
        if known == activity_id:
            return activity_json(loaded, ref)
    raise NotFound("The journey has no such activity.")


def journeys(
    workspace_id: int,
    *,
    after: int | None = None,
    limit: int = 50,
    descending: bool = False,
    lead_id: int | None = None,
    funnel_id: int | None = None,
    status: str | None = None,
    outcome: str | None = None,
    node: str | None = None,
    created_after: Any = None,
    changed_after: Any = None,
) -> list[Row]:
    """Journeys in order of ``Id``, each without activities, data and receipts."""
    values: dict[str, Any] = {"ws": workspace_id}
    where = ["workspace_id = %(ws)s"]
    filters = {
        "lead_id": lead_id,
        "funnel_id": funnel_id,
        "status": status,
        "outcome": outcome,
        "node": node,
    }
    for column, wanted in filters.items():
        if wanted is not None:
            where.append(f"{column} = %({column})s")
            values[column] = wanted
    rows = _page("journeys_journey", where, values, after, limit, descending, created_after, changed_after)
    emails = {
        row["id"]: row["email"]
        for row in _rows(
            "SELECT id, email FROM leads_lead WHERE id = ANY (%s)", ([r["lead_id"] for r in rows],)
        )
    }
    return [_journey_line(row, emails[row["lead_id"]]) for row in rows]


def _journey_line(row: Row, email: str) -> Row:
    its_definition = definition(row["funnel_id"], row["version"])
    return journey_head(
        journey_id=row["id"],
        status=row["status"],
        outcome=row["outcome"],
        reason=row["reason"],
        lead={"Id": row["lead_id"], "Email": email},
        funnel={"Id": row["funnel_id"], "Version": row["version"]},
        node=node_json(its_definition, row["node"]),
    ) | {
        "RedirectURL": row["redirect_url"],
        "Test": row["test"],
        "createdDate": stamp(row["created_at"]),
        "changedDate": stamp(row["changed_at"]),
    }


# --- events -------------------------------------------------------------------------------------------------


def events(
    workspace_id: int,
    *,
    after: tuple[int, int] = (0, 0),
    limit: int = 50,
    types: Sequence[str] | None = None,
    lead_id: int | None = None,
    journey_id: int | None = None,
    created_after: Any = None,
) -> tuple[list[Row], tuple[int, int]]:
    """Events in the order in which they became visible, and the place to go on from.

    Only what no running transaction can still come before is given, in order of (xid, id): who follows from
    place to place misses none. ``after`` is such a place; (0, 0) is the beginning.
    """
    rows = _rows(
        _EVENTS,
        {
            "ws": workspace_id,
            "xid": str(after[0]),
            "id": after[1],
            "limit": limit,
            "types": list(types) if types is not None else None,
            "lead": lead_id,
            "journey": journey_id,
            "since": created_after,
            "internal": list(INTERNAL_EVENTS),
        },
    )
    place = (int(rows[-1]["xid"]), rows[-1]["id"]) if rows else after
    return [_event_json(row) for row in rows], place


def _event_json(row: Row) -> Row:
    return {
        "Id": row["id"],
        "Type": row["type"],
        "At": stamp(row["at"]),
        "Lead": {"Id": row["lead_id"]},
        "Journey": {"Id": row["journey_id"]} if row["journey_id"] is not None else None,
        "Sequence": row["sequence"],
        "Data": store.parsed(row["payload"]),
    }


# --- paging -------------------------------------------------------------------------------------------------


def _page(
    table: str,
    where: list[str],
    values: dict[str, Any],
    after: int | None,
    limit: int,
    descending: bool,
    created_after: Any,
    changed_after: Any,
) -> list[Row]:
    if after is not None:
        where.append(f"id {'<' if descending else '>'} %(after)s")
        values["after"] = after
    if created_after is not None:
        where.append("created_at > %(created_after)s")
        values["created_after"] = created_after
    if changed_after is not None:
        where.append("changed_at > %(changed_after)s")
        values["changed_after"] = changed_after
    order = "DESC" if descending else "ASC"
    values["limit"] = limit + 1
    return _rows(
        f"SELECT * FROM {table} WHERE {' AND '.join(where)} ORDER BY id {order} LIMIT %(limit)s", values
    )
