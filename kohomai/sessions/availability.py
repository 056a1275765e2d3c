"""What is available to a signed-in person, and where they go when all of it is done.

"All that is available is done" means: nothing is ``InProgress`` for this person, no decision waits, and no
automatic activity runs, in the journey of the session (of a session of all journeys: in all that run).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from kohomai.engine.errors import NotFound
from kohomai.engine.state import data_from_json
from kohomai.engine.values import DataPoint, Value
from kohomai.sessions.redirects import check_redirect_url
from kohomai.sessions.sign_in import SignedIn
from kohomai.workspaces.services import settings as workspace_settings
from kohomai.workspaces.sql import statement

_JOURNEYS = statement(__file__, "journeys_of_person")
_ACTIVITIES = statement(__file__, "activities_of_journeys")
_REGISTERED = frozenset({"API", "Page"})
"""Sources of what a person enters themselves when they are registered."""


@dataclass(frozen=True, slots=True)
class Step:
    """An activity as the person in question sees it: ``assignee`` is the kind it falls to, ``mine`` says that
    it is theirs to do."""

    id: int
    node: str
    key: str
    type: str
    name: str
    visit: int
    attempt: int
    status: str
    assignee: str
    mine: bool
    automatic: bool
    required: bool
    opened_at: datetime | None
    due_at: datetime | None
    overdue: bool
    ended_at: datetime | None
    by_kind: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """A journey as the person in question sees it. ``deciding``: it stands before a decision that waits."""

    id: int
    lead_id: int
    funnel_id: int
    version: int
    status: str
    outcome: str | None
    node: str | None
    data: Mapping[str, Any]
    redirect_url: str | None
    created_at: datetime
    ended_at: datetime | None
    deciding: bool
    steps: tuple[Step, ...] = field(default=())

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "InProgress"

    @property
    def open(self) -> tuple[Step, ...]:
        """What the person can do now."""
        return tuple(step for step in self.steps if step.mine and step.status == "InProgress")

    @property
    def running_by_itself(self) -> tuple[Step, ...]:
        """The automatic activities that run."""
        return tuple(step for step in self.steps if step.automatic and step.status == "InProgress")

    @property
    def busy(self) -> bool:
        """Whether something may come of it without anybody's doing: a decision waits, or an automatic
        activity runs."""
        return self.running and (self.deciding or bool(self.running_by_itself))

    def step(self, activity_id: int) -> Step:
        """The person's own activity of this id. Raises ``NotFound``, for others' activities too."""
        for step in self.steps:
            if step.id == activity_id and step.mine:
                return step
        raise NotFound("There is no such step.")


@dataclass(frozen=True, slots=True)
class Availability:
    """What is there for a person: ``done`` when nothing is, and nothing is about to be."""

    ways: tuple[Way, ...]

    @property
    def open(self) -> tuple[Step, ...]:
        """What they can do now."""
        return tuple(step for way in self.ways for step in way.open)

    @property
    def busy(self) -> bool:
        """Whether to wait a moment: a decision waits or an automatic activity runs."""
        return any(way.busy for way in self.ways)

    @property
    def done(self) -> bool:
        """All that is available is done."""
        return not self.open and not self.busy


def ways_of(person: SignedIn) -> tuple[Way, ...]:
    """The journeys that a person may see, newest first, with all their activities.

    An unverified session sees only the journey it was opened for.
    """
    only = person.journey_id if not person.verified else None
    if not person.verified and only is None:
        return ()
    return _read(person.workspace_id, person.lead_id, person.email, only)


def way_of(person: SignedIn, journey_id: int) -> Way:
    """One journey, as this person sees it. Raises ``NotFound`` where it is not theirs to see."""
    if not person.verified and person.journey_id != journey_id:
        raise NotFound("There is no such journey.")
    ways = _read(person.workspace_id, person.lead_id, person.email, journey_id)
    if not ways:
        raise NotFound("There is no such journey.")
    return ways[0]


def availability(
    workspace_id: int, lead_id: int | None, journey_id: int | None = None, email: str | None = None
) -> Availability:
    """What is available to a lead (or, by ``email``, to a stakeholder): in one journey, or in all that run."""
    ways = _read(workspace_id, lead_id, email, journey_id)
    return Availability(tuple(way for way in ways if way.running))


def available_to(person: SignedIn) -> Availability:
    """What is available in a person's session."""
    return availability(person.workspace_id, person.lead_id, person.journey_id, person.email)


def redirect_target(person: SignedIn) -> str | None:
    """Where the person goes when all that is available is done: the session's address, else the journey's,
    which is its lead's alone. An address that the workspace's list no longer allows is left out.
    """
    candidates = [person.redirect_url]
    if person.redirect_url is None:
        candidates = [
            way.redirect_url
            for way in _read(person.workspace_id, person.lead_id, person.email, person.journey_id)
            if way.lead_id == person.lead_id
        ]
    allowed = workspace_settings(person.workspace_id).redirect_hosts
    for url in candidates:
        if url is not None and check_redirect_url(url, allowed) is None:
            return url
    return None


def _read(
    workspace_id: int, lead_id: int | None, email: str | None, journey_id: int | None
) -> tuple[Way, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            _JOURNEYS,
            {"workspace_id": workspace_id, "lead_id": lead_id, "email": email, "journey_id": journey_id},
        )
        journeys = cursor.fetchall()
        if not journeys:
            return ()
        cursor.execute(_ACTIVITIES, [[row[0] for row in journeys]])
        steps: dict[int, list[Step]] = {row[0]: [] for row in journeys}
        owners = {row[0]: row[1] for row in journeys}
        for row in cursor.fetchall():
            steps[row[1]].append(_step(row, lead_id is not None and owners[row[1]] == lead_id, email))
    return tuple(_way(row, steps[row[0]]) for row in journeys)


def _way(row: tuple[Any, ...], steps: Iterable[Step]) -> Way:
    (
        id,
        lead_id,
        funnel_id,
        version,
        status,
        outcome,
        node,
        data,
        redirect_url,
        created_at,
        ended_at,
        deciding,
    ) = row
    return Way(
        id, lead_id, funnel_id, version, status, outcome, node, _json(data), redirect_url, created_at, ended_at,
        bool(deciding), tuple(steps),
    )  # fmt: skip


def _step(row: tuple[Any, ...], own_journey: bool, email: str | None) -> Step:
    id, _journey, node, key, type, name, visit, attempt, status, assignee, detail, opened, due, ended = row
    assignee, detail = _json(assignee), _json(detail)
    kind = assignee["Kind"]
    mine = (kind == "Lead" and own_journey) or (
        kind == "Stakeholder" and email is not None and (assignee.get("Email") or "").lower() == email
    )
    return Step(
        id, node, key, type, name, visit, attempt, status, kind, mine, kind == "Automatic",
        detail.get("Required", True), opened, due, "OverdueAt" in detail, ended,
        (detail.get("By") or {}).get("Kind"),
    )  # fmt: skip


def _json(value: Any) -> Any:
    """A JSON column's value, whether the driver parsed it or gave its text."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def known_to(person: SignedIn, way: Way, points: Mapping[int, DataPoint]) -> dict[int, Value]:
    """What a journey knows, as far as the person may see it, by data point ``Id``.

    An unverified session sees only what was entered in it: what came with the registration that opened it,
    and what its bearer filled in. Nothing that was found out or sent by others since.
    """
    return {
        point_id: datum.value
        for point_id, datum in data_from_json(way.data, points).items()
        if person.verified
        or datum.source == "Lead"
        or (datum.source in _REGISTERED and datum.known_since <= way.created_at)
    }
