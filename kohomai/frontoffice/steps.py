"""A journey as its person sees it on screen: the way, what waits, what comes next, what is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from kohomai.activities import registry
from kohomai.datapoints.catalogue import catalogue
from kohomai.engine.definition import ActivityDefinition, Definition
from kohomai.funnels.compiled import definition as definition_of
from kohomai.sessions.availability import Step, Way, known_to
from kohomai.sessions.sign_in import SignedIn, utc_now

_PAST = ("Completed", "Skipped")
_SOON = timedelta(minutes=2)
"""What comes within this time is waited for on the page."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the way: ``done`` is travelled, ``now`` is here, ``ahead`` lies before one."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Progress:
    """The way in segments; ``here`` is the number of the one in hand."""

    segments: tuple[Segment, ...]
    done: int
    here: int

    @property
    def total(self) -> int:
        """How many there are, as far as is known by now."""
        return len(self.segments)

    @property
    def then(self) -> str:
        """The name of the one after the one in hand; empty when none is known."""
        return self.segments[self.here].name if self.here < self.total else ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something of the person's that is not open yet, and what opens it."""

    name: str
    opens_after: str


@dataclass(frozen=True, slots=True)
class Past:
    """Something that is done; ``activity_id`` is ``None`` for having registered."""

    name: str
    at: datetime | None
    skipped: bool
    activity_id: int | None


@dataclass(frozen=True, slots=True)
class Walk:
    """Everything a journey's page shows."""

    way: Way
    name: str
    progress: Progress
    open: tuple[Step, ...]
    ahead: tuple[Ahead, ...]
    past: tuple[Past, ...]
    with_others: tuple[str, ...]
    returns_at: datetime | None

    @property
    def now(self) -> Step | None:
        """The one step that is shown open."""
        return self.open[0] if self.open else None


def walk(way: Way, *, is_lead: bool) -> Walk:
    """A journey's page, for its lead (who has registered) or for a stakeholder."""
    definition = definition_of(way.funnel_id, way.version)
    mine = _latest(way)
    past = [step for step in mine if step.status in _PAST]
    return Walk(
        way,
        definition.name,
        progress(way, is_lead=is_lead),
        way.open,
        tuple(
            Ahead(step.name, _opens_after(way, step, definition)) for step in mine if step.status == "Blocked"
        ),
        tuple(_past(way, past, is_lead)),
        tuple(step.name for step in way.steps if _is_with_others(step)),
        returns_at(way, definition),
    )


def progress(way: Way, *, is_lead: bool, at: int | None = None) -> Progress:
    """The way of a journey; ``at`` is the activity in hand, else the first that is open."""
    mine = _latest(way)
    here = at if at is not None else next((step.id for step in mine if step.status == "InProgress"), None)
    segments = [Segment(gettext("Register"), "done")] if is_lead else []
    for step in mine:
        past = "done" if step.status in _PAST else "ahead"
        segments.append(Segment(step.name, "now" if step.id == here else past))
    done = sum(segment.state == "done" for segment in segments)
    place = next((n for n, segment in enumerate(segments, 1) if segment.state == "now"), done)
    return Progress(tuple(segments), done, place)


def defined(way: Way, step: Step) -> ActivityDefinition | None:
    """The activity's definition in the version the journey runs on."""
    definition = definition_of(way.funnel_id, way.version)
    stage = definition.stage_of(step.key)
    return stage.activity(step.key) if stage else None


def returns_at(way: Way, definition: Definition) -> datetime | None:
    """When the clock goes on with a journey in which nothing but waiting runs.

    ``None`` when that is so soon that one can wait for it, when it is not known, or something else runs.
    """
    moments = []
    for step in way.running_by_itself:
        stage = definition.stage_of(step.key)
        activity = stage.activity(step.key) if stage else None
        if activity is None or step.opened_at is None:
            return None
        known = known_to(_EVERYTHING, way, definition.data_points)
        moment = registry[step.type].due_by_itself(activity.settings, step.opened_at, known)
        if moment is None:
            return None
        moments.append(moment)
    if not moments or way.deciding:
        return None
    return min(moments) if min(moments) - utc_now() > _SOON else None


_EVERYTHING = SignedIn(0, 0, None, None, None, None, True, datetime.min)


def names(person: SignedIn, *ways: Way) -> dict[str, str]:
    """The lead's ``firstname`` and ``fullname``, as far as the person may see them; empty where not."""
    points = catalogue(person.workspace_id)
    for way in ways:
        if person.lead_id is not None and person.lead_id == way.lead_id:
            known = known_to(person, way, points.by_id)
            first, last = (str(known.get(points.system[name].id, "")) for name in ("Firstname", "Lastname"))
            if first or last:
                return {"firstname": first, "fullname": f"{first} {last}".strip()}
    return {"firstname": "", "fullname": ""}


def _latest(way: Way) -> list[Step]:
    """The person's own activities, each key once in its latest visit and attempt, without cancelled ones."""
    latest: dict[str, Step] = {}
    for step in way.steps:
        if step.mine and step.status != "Cancelled":
            latest[step.key] = step
    order = {"Completed": 0, "Skipped": 0, "InProgress": 1, "Blocked": 2}
    return sorted(latest.values(), key=lambda step: (order.get(step.status, 2), step.id))


def _opens_after(way: Way, step: Step, definition: Definition) -> str:
    """The names of what a blocked activity still waits for."""
    stage = definition.stage_of(step.key)
    activity = stage.activity(step.key) if stage else None
    if activity is None:
        return ""
    here = {other.key: other for other in way.steps if other.visit == step.visit and other.node == step.node}
    waits = [here[key].name for key in activity.after if key in here and here[key].status not in _PAST]
    return ", ".join(waits)


def _past(way: Way, steps: list[Step], is_lead: bool) -> list[Past]:
    done = [Past(step.name, step.ended_at, step.status == "Skipped", step.id) for step in reversed(steps)]
    if is_lead:
        done.append(Past(gettext("Register"), way.created_at, False, None))
    return done


def _is_with_others(step: Step) -> bool:
    return not step.mine and not step.automatic and step.status == "InProgress"
