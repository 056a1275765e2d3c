"""All that may be done to a journey. Each function is one transaction; it raises, and then nothing happened.

``NotFound``: there is no such thing in this workspace; ``Conflict``: its state does not allow it;
``Invalid``: what was sent is wrong; ``Forbidden``: whoever asks may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.datapoints.system import COMPUTED
from kohomai.engine import happenings as h
from kohomai.engine.definition import Stage
from kohomai.engine.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from kohomai.engine.state import Activity, Assignee, Ref
from kohomai.engine.values import Value, parse
from kohomai.journeys import store
from kohomai.journeys.actors import SYSTEM, Actor
from kohomai.journeys.person import lead_values, tell_others
from kohomai.journeys.unit import Unit, on_journey
from kohomai.leads.contact import read_email
from kohomai.workspaces.models import Membership

MANAGES = frozenset(("Administrator", "Manager"))


# --- activities ---------------------------------------------------------------------------------------------


def complete(
    workspace_id: int,
    journey_id: int,
    activity_id: int,
    *,
    data: Sequence[Any],
    result: Mapping[str, Any],
    actor: Actor,
) -> None:
    """Complete an activity with its data (``[{"Name", "Value"}]``) and result.

    State is judged before the body: ``Conflict`` when it is not ``InProgress``, else ``Invalid`` with every
    fault, pointers as ``/Data/0/Value`` and ``/Result/Approved``. Its assignee, a manager and a secret key may.
    """

    def work(unit: Unit, loaded: store.Loaded) -> None:
        activity = _activity(loaded, activity_id)
        _check_may_complete(unit, activity, actor)
        if activity.status != "InProgress":
            raise Conflict(
                f"The activity is {activity.status}: only one that is InProgress can be completed."
            )
        given, faults = read_data(data, unit.points, actor.source)
        places = {item.data_point.id: place for place, item in given}
        misread = _misread(data, faults, unit.points)
        try:
            happening = h.Complete(activity.ref, tuple(item for _, item in given), result, actor.to_json())
            unit.advance(loaded, happening)
        except Invalid as refusal:
            raise Invalid([*faults, *_at_their_places(refusal.faults, places, misread, len(data))]) from None
        if faults:
            raise Invalid(faults)
        _keep_with_lead(unit, loaded, (item for _, item in given), actor)

    on_journey(workspace_id, journey_id, work)


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


def complete_automatic(
    workspace_id: int,
    journey_id: int,
    ref: tuple[str, int, int],
    *,
    data: Mapping[int, Value | None],
    result: Mapping[str, Any],
    actor: Actor = SYSTEM,
) -> None:
    """An automatic activity was run, with this data by data point ``Id`` and this result."""

    def work(unit: Unit, loaded: store.Loaded) -> None:
        given = tuple(h.Given(unit.points.by_id[i], value, "Activity") for i, value in data.items())
        unit.advance(loaded, h.Complete(Ref(*ref), given, result, actor.to_json()))
        _keep_with_lead(unit, loaded, given, actor)

    on_journey(workspace_id, journey_id, work)


def fail(workspace_id: int, journey_id: int, ref: tuple[str, int, int], *, error: str) -> None:
    """An automatic activity has failed for good: it waits for a manager."""
    on_journey(workspace_id, journey_id, lambda unit, loaded: unit.advance(loaded, h.Fail(Ref(*ref), error)))


# --- journeys -----------------------------------------------------------------------------------------------


def stop(workspace_id: int, journey_id: int, *, reason: str, actor: Actor) -> None:
    """Stop a running journey; what is open is cancelled."""
    _check_manages(actor)
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
        current = tuple(
            h.Given(unit.points.by_id[i], datum.value, datum.source, datum.known_since)
            for i, datum in unit.lead.data.items()
        )
        unit.advance(loaded, h.Restart(node, actor.to_json(), current))

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
        unit.advance(loaded, h.SetData(items, actor.to_json()))
        _keep_with_lead(unit, loaded, items, actor)

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


# --- reading what was sent ----------------------------------------------------------------------------------


def read_data(
    raw: Sequence[Any], points: Catalogue, source: str
) -> tuple[list[tuple[int, h.Given]], list[Fault]]:
    """Data as sent (``[{"Name", "Value"}]``): what is given, with its place in the list, and every fault."""
    given: list[tuple[int, h.Given]] = []
    faults: list[Fault] = []
    for place, item in enumerate(raw):
        name = item.get("Name") if isinstance(item, dict) else None
        if not isinstance(name, str) or not name:
            faults.append(Fault(f"/Data/{place}/Name", "Required", "Name must be a data point's name."))
            continue
        point = points.find(name)
        if point is None:
            points = catalogue(points.workspace_id, fresh=True)
            point = points.find(name)
        if point is None:
            faults.append(
                Fault(f"/Data/{place}/Name", "UnknownDataPoint", f"There is no data point {name!r}.")
            )
        elif points.is_system(point.id) and point.name in COMPUTED:
            faults.append(
                Fault(f"/Data/{place}/Name", "Computed", f"{point.name} is computed and cannot be set.")
            )
        else:
            try:
                value = parse(point, item.get("Value"))
                given.append((place, h.Given(point, lead_values(point, value, points), source)))
            except ValueError as error:
                faults.append(Fault(f"/Data/{place}/Value", "WrongValue", f"{point.name} {error}."))
    return given, faults


def read_assignee(workspace_id: int, raw: Mapping[str, Any]) -> Assignee:
    """Who is named: ``Lead``, ``Owner``, ``Role`` (``Role``), ``User`` (``Id``) or ``Stakeholder`` (``Email``)."""
    kind = raw.get("Kind")
    if kind in ("Lead", "Owner"):
        return Assignee(str(kind))
    if kind == "Role":
        if raw.get("Role") in MANAGES:
            return Assignee("Role", role=str(raw["Role"]))
        raise Invalid([Fault("/Assignee/Role", "UnknownRole", "Role must be Administrator or Manager.")])
    if kind == "User":
        identity = raw.get("Id")
        if (
            isinstance(identity, int)
            and Membership.objects.filter(
                workspace_id=workspace_id, user_id=identity, user__is_active=True
            ).exists()
        ):
            return Assignee("User", user_id=identity)
        raise Invalid([Fault("/Assignee/Id", "UnknownUser", "There is no such user.")])
    if kind == "Stakeholder":
        try:
            return Assignee("Stakeholder", email=read_email(str(raw.get("Email") or "")).email)
        except ValueError as error:
            raise Invalid([Fault("/Assignee/Email", "WrongValue", f"Email {error}")]) from None
    detail = "Kind must be Lead, Owner, Role, User or Stakeholder."
    raise Invalid([Fault("/Assignee/Kind", "WrongValue", detail)])


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
    if actor.kind == "User" and actor.role not in MANAGES:
        raise Forbidden("Only the assignee or a manager may do this.")


def _misread(data: Sequence[Any], faults: Iterable[Fault], points: Catalogue) -> set[int]:
    """Ids of the data points that were sent with a value that could not be read."""
    found = (
        points.find(data[int((fault.pointer or "").split("/")[2])].get("Name"))
        for fault in faults
        if fault.code == "WrongValue"
    )
    return {point.id for point in found if point}


def _at_their_places(
    refused: Iterable[Fault], places: Mapping[int, int], misread: set[int], count: int
) -> list[Fault]:
    """The engine names data by ``Id``; whoever sent it knows it by its place in the list.

    What was sent but could not be read has its fault already; what was not sent is named as if it stood at
    the end.
    """
    faults: list[Fault] = []
    for fault in refused:
        head, _, rest = (fault.pointer or "").removeprefix("/Data/").partition("/")
        if not (fault.pointer or "").startswith("/Data/") or not head.isdigit():
            faults.append(fault)
        elif int(head) not in misread:
            place = places.get(int(head))
            if place is None:
                place = count
                count += 1
            faults.append(Fault(f"/Data/{place}/{rest or 'Value'}", fault.code, fault.detail))
    return faults


def _keep_with_lead(unit: Unit, loaded: store.Loaded, given: Iterable[h.Given], actor: Actor) -> None:
    """What belongs to the person is written to the lead too, and told to their other running journeys."""
    values = {item.data_point.id: item.value for item in given if unit.points.is_system(item.data_point.id)}
    if values:
        tell_others(unit, values, actor, but=loaded.row.id)
