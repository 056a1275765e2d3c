"""All that may be done to a journey. Each function is one transaction; it raises, and then nothing happened.

``NotFound``: there is no such thing in this workspace; ``Conflict``: its state does not allow it;
``Invalid``: what was sent is wrong; ``Forbidden``: whoever asks may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from kohomai.datapoints.system import COMPUTED, LEAD_FIELDS
from kohomai.engine import happenings as h
from kohomai.engine.definition import Stage
from kohomai.engine.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from kohomai.engine.state import Activity, Ref
from kohomai.engine.values import parse_text
from kohomai.journeys import store
from kohomai.journeys.actors import SYSTEM, Actor
from kohomai.journeys.copies import country_of, phone_country
from kohomai.journeys.lead_record import COLUMNS
from kohomai.journeys.person import keep_with_lead, tell_journeys
from kohomai.journeys.sent import MANAGES, at_their_places, misread, read_assignee, read_data
from kohomai.journeys.unit import Unit, on_journey

MAX_REASON = 500


# --- activities ---------------------------------------------------------------------------------------------


def complete(
    workspace_id: int,
    journey_id: int,
    activity_id: int,
    *,
    data: Sequence[Any],
    result: Mapping[str, Any],
    actor: Actor,
) -> tuple[store.Loaded, str]:
    """Complete an activity with its data (``[{"Name", "Value"}]``) and result; gives the journey as it now
    stands, and its lead's e-mail.

    State is judged before the body: ``Conflict`` when it is not ``InProgress``, else ``Invalid`` with every
    fault, pointers as ``/Data/0/Value`` and ``/Result/Approved``. Its assignee, a manager and a secret key may.
    """

    def work(unit: Unit, loaded: store.Loaded) -> tuple[store.Loaded, str]:
        activity = _activity(loaded, activity_id)
        _check_may_complete(unit, activity, actor)
        if activity.status != "InProgress":
            raise Conflict(
                f"The activity is {activity.status}: only one that is InProgress can be completed."
            )
        # What belongs to the person may be asked for by a form, and is the lead's then.
        given, faults = read_data(data, unit.points, actor.source, COMPUTED.difference(LEAD_FIELDS))
        places = {item.data_point.id: place for place, item in given}
        unread = misread(data, faults, unit.points)
        items = tuple(item for _, item in given)
        try:
            give_to_lead(unit, loaded, items, actor, data)
            unit.advance(loaded, h.Complete(activity.ref, items, result, actor.to_json()))
        except Invalid as refusal:
            raise Invalid([*faults, *at_their_places(refusal.faults, places, unread, len(data))]) from None
        if faults:
            raise Invalid(faults)
        return loaded, unit.lead.email

    return on_journey(workspace_id, journey_id, work)


def skip(workspace_id: int, journey_id: int, activity_id: int, *, actor: Actor) -> None:
    """Skip an activity that is Blocked, InProgress or Failed."""
    _act(workspace_id, journey_id, activity_id, actor, lambda ref: h.Skip(ref, actor.to_json()))


def reopen(workspace_id: int, journey_id: int, activity_id: int, *, actor: Actor) -> None:
    """Have a completed or skipped activity of the current stage done again."""
    _act(workspace_id, journey_id, activity_id, actor, lambda ref: h.Reopen(ref, actor.to_json()))


def retry(workspace_id: int, journey_id: int, activity_id: int, *, actor: Actor) -> None:
    """Run a failed automatic activity again."""
    _act(workspace_id, journey_id, activity_id, actor, lambda ref: h.Retry(ref, actor.to_json()))


def reassign(
    workspace_id: int, journey_id: int, activity_id: int, *, assignee: Mapping[str, Any], actor: Actor
) -> None:
    """Give an open activity to somebody else, named as in a definition (``{"Kind": "User", "Id": 3}``)."""
    target = read_assignee(workspace_id, assignee)
    _act(workspace_id, journey_id, activity_id, actor, lambda ref: h.Reassign(ref, target, actor.to_json()))


# --- journeys -----------------------------------------------------------------------------------------------


def stop(workspace_id: int, journey_id: int, *, reason: str, actor: Actor) -> None:
    """Stop a running journey; what is open is cancelled."""
    _check_manages(actor)
    try:
        if len(parse_text(reason)) > MAX_REASON:
            raise ValueError(f"must not be longer than {MAX_REASON} characters")
    except ValueError as error:
        raise Invalid([Fault("/Reason", "WrongValue", f"Reason {error}.")]) from None
    on_journey(workspace_id, journey_id, lambda u, j: u.advance(j, h.Stop(reason, actor.to_json())))


def restart(workspace_id: int, journey_id: int, *, node: str, actor: Actor) -> None:
    """Let a journey go on from a stage, with the lead's current values copied in first.

    ``Conflict`` when another journey of the funnel runs for the lead and the funnel's rule is not Always.
    """
    _check_manages(actor)

    def work(unit: Unit, loaded: store.Loaded) -> None:
        definition = unit.definition_of(loaded)
        if not isinstance(definition.nodes.get(node), Stage):
            raise Invalid([Fault("/Node", "UnknownNode", f"The funnel has no stage {node!r}.")])
        others = (other for other in unit.running() if other.row.funnel_id == loaded.row.funnel_id)
        if definition.reentry != "Always" and any(other.row.id != loaded.row.id for other in others):
            raise Conflict("Another journey of this funnel runs for the lead.")
        unit.advance(loaded, h.Restart(node, actor.to_json(), _values_of_lead(unit)))

    on_journey(workspace_id, journey_id, work)


def move(workspace_id: int, journey_id: int, *, version: int, node: str | None = None, actor: Actor) -> None:
    """Move a journey to another version of its funnel; ``node`` says where to when its place has no counterpart."""
    _check_manages(actor)

    def work(unit: Unit, loaded: store.Loaded) -> None:
        try:
            target = unit.definition_of(loaded, version)
        except NotFound:
            raise Invalid([Fault("/Version", "UnknownVersion", f"There is no version {version}.")]) from None
        unit.advance(loaded, h.Move(target, actor.to_json(), node), on=target)

    on_journey(workspace_id, journey_id, work)


def undo_move(workspace_id: int, journey_id: int, *, actor: Actor) -> None:
    """Take the last move to another version back.

    ``Conflict`` when there is none, or something has happened since.
    """
    _check_manages(actor)

    def work(unit: Unit, loaded: store.Loaded) -> None:
        former = loaded.state.former
        if former is None:
            raise Conflict("There is no move to take back, or something has happened since.")
        before = unit.definition_of(loaded, former["Version"])
        unit.advance(loaded, h.Undo(before, actor.to_json()), on=before)

    on_journey(workspace_id, journey_id, work)


def set_data(workspace_id: int, journey_id: int, *, data: Sequence[Any], actor: Actor) -> None:
    """Give data from outside any activity; a waiting decision tries again."""
    _check_manages(actor)

    def work(unit: Unit, loaded: store.Loaded) -> None:
        if not loaded.state.running:
            raise Conflict("The journey has ended: its data no longer changes.")
        given, faults = read_data(data, unit.points, actor.source)
        if faults:
            raise Invalid(faults)
        items = tuple(item for _, item in given)
        give_to_lead(unit, loaded, items, actor, data)
        unit.advance(loaded, h.SetData(items, actor.to_json()))

    on_journey(workspace_id, journey_id, work)


def tick(journey_ids: Iterable[int]) -> int:
    """Tell journeys that time has passed; gives how many had something to do. Each in its own transaction."""
    done = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT workspace_id, id FROM journeys_journey WHERE id = ANY (%s)", [list(journey_ids)]
        )
        found = cursor.fetchall()
    for workspace_id, journey_id in found:

        def work(unit: Unit, loaded: store.Loaded) -> bool:
            return bool(loaded.state.running and unit.advance(loaded, h.Tick()).events)

        done += on_journey(workspace_id, journey_id, work)
    return done


# --- who may, and which -------------------------------------------------------------------------------------


def _activity(loaded: store.Loaded, activity_id: int) -> Activity:
    for ref, known in loaded.activity_ids.items():
        if known == activity_id:
            found = loaded.state.find(ref)
            assert found is not None
            return found
    raise NotFound("The journey has no such activity.")


def _act(
    workspace_id: int,
    journey_id: int,
    activity_id: int,
    actor: Actor,
    happening: Callable[[Ref], h.Happening],
) -> None:
    _check_manages(actor)
    on_journey(
        workspace_id,
        journey_id,
        lambda unit, loaded: unit.advance(loaded, happening(_activity(loaded, activity_id).ref)),
    )


def _check_manages(actor: Actor) -> None:
    if actor.kind in ("Key", "System") or (actor.kind == "User" and actor.role in MANAGES):
        return
    raise Forbidden("Only a manager may do this.")


def _check_may_complete(unit: Unit, activity: Activity, actor: Actor) -> None:
    assignee = activity.assignee
    if actor.kind == "Lead" and not (assignee.kind == "Lead" and actor.id == unit.lead.id):
        raise NotFound("The journey has no such activity.")
    if actor.kind == "Stakeholder":
        mine = assignee.email and actor.email and assignee.email.lower() == actor.email.lower()
        if assignee.kind != "Stakeholder" or not mine:
            raise NotFound("The journey has no such activity.")
    mine_as_user = assignee.kind == "User" and assignee.user_id == actor.id
    if actor.kind == "User" and actor.role not in MANAGES and not mine_as_user:
        raise Forbidden("Only the assignee or a manager may do this.")


def give_to_lead(
    unit: Unit, loaded: store.Loaded, given: Iterable[h.Given], actor: Actor, sent: Sequence[Any] = ()
) -> None:
    """What belongs to the person is written to the lead too, and told to their other running journeys.

    This journey gets only what follows from it, before what was given: so that decisions see both.
    """
    values = {item.data_point.id: item.value for item in given if unit.points.is_system(item.data_point.id)}
    if not values:
        return
    phone = unit.points.system["Phone"]
    typed = next((item["Value"] for item in sent if unit.points.find(str(item.get("Name"))) == phone), None)
    keep_with_lead(unit, values, actor, typed if isinstance(typed, str) else None)
    tell_journeys(unit, actor, but=loaded.row.id)
    if "Phone" in unit.lead.changes:
        unit.advance(loaded, h.SetData(_countries(unit), SYSTEM.to_json()))


def _countries(unit: Unit) -> tuple[h.Given, ...]:
    """The data points that are computed from the lead's phone."""
    system, lead = unit.points.system, unit.lead
    return (
        h.Given(system["Phone country"], phone_country(lead, unit.points), "System"),
        h.Given(system["Country"], *country_of(lead, unit.points)),
    )


def _values_of_lead(unit: Unit) -> tuple[h.Given, ...]:
    """The lead's current values: what it no longer has is forgotten, and the countries follow the phone."""
    points, known = unit.points, unit.lead.data
    gone = [points.system[name] for name in COLUMNS.values() if points.system[name].id not in known]
    return (
        *(h.Given(point, None) for point in gone),
        *(
            h.Given(points.by_id[i], datum.value, datum.source, datum.known_since)
            for i, datum in known.items()
        ),
        *_countries(unit),
    )
