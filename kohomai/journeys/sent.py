"""Reading what was sent to a journey: data by name, typed; who an activity is given to; every fault at its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.datapoints.services import mark_used
from kohomai.datapoints.system import COMPUTED
from kohomai.engine import happenings as h
from kohomai.engine.errors import Fault, Invalid
from kohomai.engine.state import Assignee
from kohomai.engine.values import parse
from kohomai.journeys.person import lead_values
from kohomai.leads.contact import read_email
from kohomai.workspaces.models import Membership

MANAGES = frozenset(("Administrator", "Manager"))
"""The roles whose users may do anything to a journey."""


def read_data(
    raw: Sequence[Any], points: Catalogue, source: str, computed: Collection[str] = COMPUTED
) -> tuple[list[tuple[int, h.Given]], list[Fault]]:
    """Data as sent (``[{"Name", "Value"}]``): what is given, with its place in the list, and every fault.

    ``computed`` are the system's data points that may not be given here. What is given fixes its data point's
    type, in the caller's transaction.
    """
    given: list[tuple[int, h.Given]] = []
    faults: list[Fault] = []
    seen: set[int] = set()
    looked_again = False
    for place, item in enumerate(raw):
        name = item.get("Name") if isinstance(item, dict) else None
        if not isinstance(name, str) or not name:
            faults.append(Fault(f"/Data/{place}/Name", "Required", "Name must be a data point's name."))
            continue
        point = points.find(name)
        if point is None and not looked_again:
            points, looked_again = catalogue(points.workspace_id, fresh=True), True
            point = points.find(name)
        if point is None:
            faults.append(
                Fault(f"/Data/{place}/Name", "UnknownDataPoint", f"There is no data point {name!r}.")
            )
        elif points.is_system(point.id) and point.name in computed:
            faults.append(
                Fault(f"/Data/{place}/Name", "Computed", f"{point.name} is computed and cannot be set.")
            )
        elif point.id in seen:
            faults.append(Fault(f"/Data/{place}/Name", "Duplicate", f"{point.name} is there twice."))
        elif "Value" not in item:
            faults.append(Fault(f"/Data/{place}/Value", "Required", "Value is required; null forgets."))
        else:
            seen.add(point.id)
            try:
                value = parse(point, item["Value"])
                given.append((place, h.Given(point, lead_values(point, value, points), source)))
            except ValueError as error:
                faults.append(Fault(f"/Data/{place}/Value", "WrongValue", f"{point.name} {error}."))
    mark_used(points.workspace_id, [item.data_point.id for _, item in given])
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
            and not isinstance(identity, bool)
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


def misread(data: Sequence[Any], faults: Iterable[Fault], points: Catalogue) -> set[int]:
    """Ids of the data points that were sent with a value that could not be read."""
    found = (
        points.find(data[int((fault.pointer or "").split("/")[2])].get("Name"))
        for fault in faults
        if fault.code == "WrongValue"
    )
    return {point.id for point in found if point}


def at_their_places(
    refused: Iterable[Fault], places: Mapping[int, int], unread: set[int], count: int
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
        elif int(head) not in unread:
            place = places.get(int(head))
            if place is None:
                place = count
                count += 1
            field = rest or ("Name" if fault.code == "NotAllowed" else "Value")
            faults.append(Fault(f"/Data/{place}/{field}", fault.code, fault.detail))
    return faults
