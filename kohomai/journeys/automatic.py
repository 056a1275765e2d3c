"""Automatic activities: what one is told when it is run, and what becomes of its journey then.

Each function is one transaction. ``NotFound``: there is no such journey or activity any more; ``Conflict``: it has
ended, or does not wait for this run any more (a manager has had it run anew, or what it comes after was reopened). Then
nothing happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg.rows import dict_row

from kohomai.activities import registry
from kohomai.activities.services import Situation
from kohomai.activities.texts import ByName
from kohomai.datapoints.catalogue import Catalogue, catalogue, name_key
from kohomai.engine import happenings as h
from kohomai.engine.definition import ActivityDefinition
from kohomai.engine.errors import Conflict, NotFound
from kohomai.engine.results import last_results
from kohomai.engine.state import IN_PROGRESS, Activity, Ref
from kohomai.engine.types import Facts, Outcome
from kohomai.funnels.compiled import definition
from kohomai.journeys import store
from kohomai.journeys.actors import SYSTEM
from kohomai.journeys.lead_record import LeadRecord
from kohomai.journeys.services import give_to_lead
from kohomai.journeys.unit import Unit, now_in_ms, on_journey
from kohomai.workspaces.services import settings

Run = Callable[[ActivityDefinition, Situation], Outcome]
Turn = tuple[str, int, int, int]
"""A run of an activity: its key, visit, attempt, and how often it was to be run before."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An automatic activity that waits to be run."""

    activity: ActivityDefinition
    situation: Situation


def look(workspace_id: int, journey_id: int, turn: Turn) -> Ready:
    """The activity, and what it is told, as things stand now; nothing is locked."""
    connection.ensure_connection()
    points = catalogue(workspace_id)
    where = "id = %s AND workspace_id = %s"
    found = store.load(connection.connection, where, (journey_id, workspace_id), points.by_id, lock=False)
    if not found:
        raise NotFound("There is no such journey.")
    with connection.connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("SELECT * FROM leads_lead WHERE id = %s", (found[0].row.lead_id,)).fetchone()
    if row is None:
        raise NotFound("There is no such lead.")
    return _ready(LeadRecord.stored(row, points), found[0], points, turn)


def run(workspace_id: int, journey_id: int, turn: Turn, work: Run) -> None:
    """Run the activity and complete it with what it yields, in one transaction: ``work`` sees what the journey knows
    now, and what it writes is there when the activity is completed, or not at all. Raises what ``work`` raises."""

    def do(unit: Unit, loaded: store.Loaded) -> None:
        ready = _ready(unit.lead, loaded, unit.points, turn)
        _complete(unit, loaded, turn, work(ready.activity, ready.situation))

    on_journey(workspace_id, journey_id, do)


def complete(workspace_id: int, journey_id: int, turn: Turn, outcome: Outcome) -> None:
    """The activity was run, and this is what it yielded. Raises ``Invalid`` where that does not fit its type."""
    on_journey(workspace_id, journey_id, lambda unit, loaded: _complete(unit, loaded, turn, outcome))


def fail(workspace_id: int, journey_id: int, turn: Turn, *, error: str) -> None:
    """The activity has failed for good: it waits for a manager."""

    def do(unit: Unit, loaded: store.Loaded) -> None:
        unit.advance(loaded, h.Fail(_waiting(loaded, turn).ref, error))

    on_journey(workspace_id, journey_id, do)


def _complete(unit: Unit, loaded: store.Loaded, turn: Turn, outcome: Outcome) -> None:
    ref = _waiting(loaded, turn).ref
    values = {unit.points.by_id[point_id]: value for point_id, value in outcome.data.items()}
    values |= {unit.points.system[name]: value for name, value in outcome.system.items()}
    given = tuple(h.Given(point, value, "Activity") for point, value in values.items())
    give_to_lead(unit, loaded, given, SYSTEM)
    happening = h.Complete(ref, given, outcome.result, SYSTEM.to_json(), outcome.explanation)
    unit.advance(loaded, happening)


def _waiting(loaded: store.Loaded, turn: Turn) -> Activity:
    """The activity, when this run of it is still waited for."""
    row = loaded.state.find(Ref(*turn[:3]))
    if row is None:
        raise NotFound("The journey has no such activity.")
    if row.status != IN_PROGRESS or not loaded.state.running:
        raise Conflict(f"The activity is {row.status}: it is not to be run.")
    if row.run != turn[3]:
        raise Conflict("The activity is being run anew: this run of it does not count any more.")
    return row


def _ready(lead: LeadRecord, loaded: store.Loaded, points: Catalogue, turn: Turn) -> Ready:
    row = _waiting(loaded, turn)
    ref = row.ref
    made = definition(loaded.row.funnel_id, loaded.state.version)
    stage = made.stage_of(ref.key)
    activity = stage.activity(ref.key) if stage else None
    if activity is None:
        raise NotFound("The journey has no such activity.")
    known = {point_id: datum.value for point_id, datum in loaded.state.data.items()}
    facts = Facts(known, last_results(loaded.state, registry)[0], now_in_ms())
    workspace = settings(points.workspace_id)
    language = known.get(points.system["Language"].id)
    return Ready(
        activity,
        Situation(
            workspace_id=points.workspace_id,
            lead_id=lead.id,
            journey_id=loaded.row.id,
            key=ref.key,
            mark=f"{loaded.row.id}-{ref.key}-{ref.visit}-{ref.attempt}-{row.run}",
            language=language if isinstance(language, str) else workspace.language,
            facts=facts,
            texts={
                "Workspace": {"Name": workspace.name},
                "Funnel": {"Id": loaded.row.funnel_id, "Name": made.name},
                "Journey": {"Id": loaded.row.id},
                "Lead": _lead(lead, points),
                "Data": ByName(known, lambda name: points.ids.get(name_key(name)), points.name),
                "Result": facts.results,
            },
        ),
    )


def _lead(lead: LeadRecord, points: Catalogue) -> dict[str, Any]:
    """A lead as texts name it, by the fields of the API."""
    return {
        "Id": lead.id,
        "Email": lead.email,
        "Firstname": lead.value("Firstname", points),
        "Lastname": lead.value("Lastname", points),
        "PhoneNumber": lead.value("Phone", points),
    }
