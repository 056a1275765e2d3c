"""A journey as the API shows it, made from its row and state; nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kohomai.activities import registry
from kohomai.engine.definition import Definition
from kohomai.engine.state import Ref
from kohomai.engine.values import DataPoint, from_stored, to_api
from kohomai.engine.values import time_to_json as stamp
from kohomai.journeys.store import Loaded


def journey_json(
    loaded: Loaded,
    lead_email: str,
    definition: Definition,
    points: Mapping[int, DataPoint],
    decisions: list[Any],
) -> dict[str, Any]:
    """The journey whole: ``GET /journeys/{id}`` and what registration answers.

    ``decisions`` are its receipts, oldest first. Decimals are left in place for the API's own writer.
    """
    row, state = loaded.row, loaded.state
    shown = journey_head(
        journey_id=row.id,
        status=state.status,
        outcome=state.outcome,
        reason=state.reason,
        lead={"Id": row.lead_id, "Email": lead_email},
        funnel={"Id": row.funnel_id, "Version": state.version},
        node=node_json(definition, state.node),
    )
    shown["RedirectURL"] = row.redirect_url
    shown["Test"] = row.test
    shown["createdDate"] = stamp(row.created_at)
    shown["changedDate"] = stamp(row.changed_at)
    shown["Activities"] = activities_json(loaded)
    shown["Data"] = [
        {
            "Name": points[point_id].name,
            "Value": to_api(datum.value),
            "Source": datum.source,
            "ChangedAt": stamp(datum.known_since),
        }
        for point_id, datum in sorted(state.data.items())  # the ids are unique: no datum is compared
        if point_id in points
    ]
    shown["Decisions"] = decisions
    return shown


def journey_head(
    *,
    journey_id: int,
    status: str,
    outcome: str | None,
    reason: str | None,
    lead: dict[str, Any],
    funnel: dict[str, Any],
    node: dict[str, Any] | None,
) -> dict[str, Any]:
    """What lists show of a journey too."""
    return {
        "Id": journey_id,
        "Status": status,
        "Outcome": outcome,
        "Reason": reason,
        "Lead": lead,
        "Funnel": funnel,
        "Node": node,
    }


def node_json(definition: Definition, key: str | None) -> dict[str, Any] | None:
    """A node by key and today's name."""
    if key is None:
        return None
    node = definition.nodes.get(key)
    return {"Key": key, "Name": node.name if node else key}


def activities_json(loaded: Loaded) -> list[dict[str, Any]]:
    """All activities of all visits, oldest first."""
    return [activity_json(loaded, ref) for ref in (activity.ref for activity in loaded.state.activities)]


def activity_json(loaded: Loaded, ref: Ref) -> dict[str, Any]:
    """One activity of a journey."""
    activity = loaded.state.find(ref)
    assert activity is not None
    return {
        "Id": loaded.activity_ids[ref],
        "Key": activity.key,
        "Node": activity.node,
        "Visit": activity.visit,
        "Attempt": activity.attempt,
        "Type": activity.type,
        "Name": activity.name,
        "Required": activity.required,
        "Status": activity.status,
        "Assignee": activity.assignee.to_json(),
        "OpenedAt": stamp(activity.opened_at) if activity.opened_at else None,
        "DueAt": stamp(activity.due_at) if activity.due_at else None,
        "Overdue": activity.overdue_at is not None,
        "EndedAt": stamp(activity.ended_at) if activity.ended_at else None,
        "Result": result_json(activity.type, activity.result),
        "Explanation": activity.explanation,
        "Error": activity.error,
    }


def result_json(kind: str, result: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A result as it was kept, its values as the API shows them: numbers as numbers."""
    if result is None:
        return None
    types = registry[kind].results if kind in registry else {}
    return {
        name: to_api(from_stored(types[name], value)) if name in types else value
        for name, value in result.items()
    }
