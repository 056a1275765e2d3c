"""Random happenings on random funnels, moves to another version included: what must hold, holds.

After each step ``builders.check`` looks at it: the events replayed give the state, no row is completed twice,
a running journey waits for something, an ended one for nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kohomai.engine import happenings as h
from kohomai.engine.definition import Definition, Stage
from kohomai.engine.errors import DomainError
from kohomai.engine.fold import replay
from kohomai.engine.journey import wake_at
from kohomai.engine.state import Assignee, Ref
from tests.engine.builders import (
    KEY,
    LEAD,
    MANAGER,
    NOON,
    Walk,
    accept,
    approval,
    decision,
    form,
    funnel,
    given,
    look_up,
    registry,
    set_data,
    stage,
    wait,
    when,
)

STAGES = ("s1", "s2", "s3")
DECISIONS = ("d1", "d2")
KEYS = tuple(f"{stage}-{letter}" for stage in STAGES for letter in "abcd")
VALUES: dict[str, tuple[Any, ...]] = {
    "Company size": (None, 3, 300),
    "Industry": (None, "Banking", "Shipping"),
    "Interest": (None, "Ships"),
    "Signatory e-mail": (None, "sig@bank.example", "nonsense"),
    "Owner": (None, "boss@firm.example"),
    "Call at": (None, "2026-11-23T13:00:00Z", "2026-11-25T13:00:00Z", "2026-11-23T11:00:00Z"),
}
DURATIONS = ("PT5M", "PT2H", "P1D")
PLACES = st.integers(0, 9)
SENT = st.dictionaries(st.sampled_from(tuple(VALUES)), st.integers(0, 3), max_size=3).map(
    lambda picked: {name: VALUES[name][index % len(VALUES[name])] for name, index in picked.items()}
)
PEOPLE = st.sampled_from(
    (
        {"Kind": "Lead"},
        {"Kind": "Role", "Role": "Manager"},
        {"Kind": "Owner"},
        {"Kind": "Stakeholder", "DataPoint": "Signatory e-mail"},
    )
)
TESTS = st.sampled_from(
    (
        when("Company size", "AtLeast", 100),
        when("Industry", "IsUnknown"),
        {"Not": when("Industry", "Is", "Banking")},
        {"Any": [when("Interest", "IsKnown"), when("Company size", "LessThan", 100)]},
        when("s1-a.Approved", "Is", True),
    )
)


@st.composite
def activities(draw: st.DrawFn, stage_key: str) -> list[dict[str, Any]]:
    """One to four activities; the first is required, and none that is required waits for an optional one."""
    made: list[dict[str, Any]] = []
    for place in range(draw(st.integers(1, 4))):
        key, required = f"{stage_key}-{'abcd'[place]}", place == 0 or draw(st.booleans())
        after = [
            one["Key"] for one in made if (one["Required"] or not required) and draw(st.integers(0, 2)) == 0
        ]
        more: dict[str, Any] = {"Required": required, "After": after}
        if draw(st.booleans()):
            more |= {"DueIn": draw(st.sampled_from(DURATIONS)), "Remind": ["PT5M", "PT1H"]}
            overdue = st.sampled_from(("Notify", "Skip", {"GoTo": "s1"}, {"GoTo": "d1"}, {"GoTo": "lost"}))
            more["WhenOverdue"] = draw(overdue)
        type = "Approval" if key == "s1-a" else draw(st.sampled_from(sorted(registry)))
        made.append(_activity(draw, key, type, more))
    return made


def _activity(draw: st.DrawFn, key: str, type: str, more: dict[str, Any]) -> dict[str, Any]:
    match type:
        case "SetData":
            return set_data(key, {"Interest": "Ships"}, **more)
        case "LookUp":
            return look_up(key, "Company size", "Industry", **more)
        case "Wait":
            until = (
                {"Until": "Call at"}
                if draw(st.booleans())
                else {"For": draw(st.sampled_from(("PT0S", *DURATIONS)))}
            )
            return wait(key, **until, **more)
    more["Assignee"] = draw(PEOPLE)
    match type:
        case "Accept":
            return accept(key, **more)
        case "Approval":
            return approval(key, **more)
    return form(
        key, *draw(st.sampled_from((("Interest",), ("Interest!", "Industry"), ("Company size",)))), **more
    )


@st.composite
def funnels(draw: st.DrawFn, version: int) -> Definition:
    """Stages lead anywhere, decisions to stages, to later decisions and to ends."""
    anywhere = st.sampled_from((*STAGES, *DECISIONS, "won", "lost"))
    nodes = {key: stage(*draw(activities(key)), next=draw(anywhere)) for key in STAGES}
    for place, key in enumerate(DECISIONS):
        target = st.sampled_from((*STAGES, *DECISIONS[place + 1 :], "won", "lost"))
        count = draw(st.integers(1, 3))
        branches = [(f"Branch {number}", draw(TESTS), draw(target)) for number in range(count)]
        nodes[key] = decision(
            *branches, default=draw(target), wait=draw(st.sampled_from(("PT0S", *DURATIONS)))
        )
    if version > 1 and draw(st.booleans()):
        del nodes["s3"]
        for node in nodes.values():
            _redirect(node)
    return funnel(draw(st.sampled_from(("d1", "d2", "s1"))), version, **nodes)


def _redirect(node: dict[str, Any]) -> None:
    """Lead what went to the third stage to the first."""
    for part in (node, *node.get("Branches", ())):
        for arrow in ("Next", "Default"):
            if part.get(arrow) == "s3":
                part[arrow] = "s1"


class Journeys(RuleBasedStateMachine):
    """One journey, to which anything happens."""

    @initialize(
        versions=st.tuples(funnels(1), funnels(2), funnels(3)),
        data=SENT,
        pending=st.sets(st.sampled_from(("Company size", "Industry")), min_size=1),
    )
    def start(self, versions: tuple[Definition, ...], data: dict[str, Any], pending: set[str]) -> None:
        self.versions = {definition.version: definition for definition in versions}
        sent = {name.replace(" ", "_"): value for name, value in data.items()}
        self.walk = Walk(versions[0], pending=tuple(pending), **sent)

    def let(self, happening: h.Happening) -> list[str]:
        """Let it happen, or be refused: then nothing has happened."""
        before = self.walk.state.copy()
        try:
            return self.walk.do(happening)
        except DomainError:
            assert self.walk.state == before
            return []

    def ref(self, place: int, *statuses: str) -> Ref:
        """One of the rows in one of these states; now and then any, or one that is not there."""
        rows = self.walk.state.activities
        fitting = [row for row in rows if row.status in statuses] if place else rows
        return fitting[-place % len(fitting)].ref if fitting else Ref("none", 1, 1)

    @rule(place=st.integers(1, 9), yes=st.booleans())
    def do_as_asked(self, place: int, yes: bool) -> None:
        for row in (self.walk.state.find(self.ref(place + turn, "InProgress")) for turn in range(3)):
            if row and row.status == "InProgress":
                self.complete_row(
                    row.ref, given({"Interest": "Ships"} if row.type == "Form" else {}), MANAGER, yes
                )

    @rule(place=PLACES, data=SENT, actor=st.sampled_from((LEAD, MANAGER, KEY)), yes=st.booleans())
    def complete(self, place: int, data: dict[str, Any], actor: dict[str, Any], yes: bool) -> None:
        self.complete_row(self.ref(place, "InProgress"), given(data), actor, yes)

    def complete_row(self, ref: Ref, data: tuple[h.Given, ...], actor: dict[str, Any], yes: bool) -> None:
        row = self.walk.state.find(ref)
        type = registry[row.type] if row else None
        asked = [name for name in type.results if name != "Comment"] if type else []
        result = {name: name == "Accepted" or yes for name in asked}
        actor = {"Kind": "System"} if type and type.automatic else actor
        self.let(h.Complete(ref, data, result, actor))

    @rule(place=PLACES)
    def skip(self, place: int) -> None:
        self.let(h.Skip(self.ref(place, "InProgress", "Blocked", "Failed"), MANAGER))

    @rule(place=PLACES)
    def reopen(self, place: int) -> None:
        self.let(h.Reopen(self.ref(place, "Completed", "Skipped"), MANAGER))

    @rule(place=PLACES, assignee=st.sampled_from((Assignee("User", user_id=7), Assignee("Owner"))))
    def reassign(self, place: int, assignee: Assignee) -> None:
        self.let(h.Reassign(self.ref(place, "InProgress", "Blocked"), assignee, MANAGER))

    @rule()
    def fail(self) -> None:
        running = [
            row
            for row in self.walk.state.open()
            if row.status == "InProgress" and registry[row.type].automatic
        ]
        self.let(h.Fail(running[0].ref if running else Ref("none", 1, 1), "no answer"))

    @rule(place=PLACES)
    def retry(self, place: int) -> None:
        self.let(h.Retry(self.ref(place, "Failed"), MANAGER))

    @rule(data=SENT)
    def set_data(self, data: dict[str, Any]) -> None:
        self.let(h.SetData(given(data), KEY))
        assert self.let(h.SetData(given(data), KEY)) == [], "the same again changes nothing"

    @rule(data=SENT, not_found=st.frozensets(st.sampled_from((2, 3))))
    def enriched(self, data: dict[str, Any], not_found: frozenset[int]) -> None:
        found = {name: value for name, value in data.items() if value is not None}
        self.let(h.Enriched("directory", given(found), not_found))

    @rule(length=st.sampled_from((timedelta(0), timedelta(minutes=7), timedelta(hours=3), timedelta(days=2))))
    def time_passes(self, length: timedelta) -> None:
        self.walk.now += length
        self.let(h.Tick())

    @rule()
    def wake(self) -> None:
        at = wake_at(self.walk.definition, registry, self.walk.state)
        if at is not None and at < NOON + timedelta(days=400):
            self.walk.now = max(self.walk.now, at)
            assert self.let(h.Tick()), "it was to be woken, so there was something to do"

    @rule(node=st.sampled_from(STAGES), data=SENT, now=st.integers(0, 5))
    def restart(self, node: str, data: dict[str, Any], now: int) -> None:
        if not now or not self.walk.state.running:
            self.let(h.Restart(node, MANAGER, given(data, "API")))

    @rule(now=st.integers(0, 5))
    def stop(self, now: int) -> None:
        if not now:
            self.let(h.Stop("No interest", MANAGER))

    @rule(version=st.integers(1, 3), node=st.sampled_from((None, None, None, *STAGES, *DECISIONS)))
    def move(self, version: int, node: str | None) -> None:
        before = self.walk.state.copy()
        moved = self.let(h.Move(self.versions[version], MANAGER, node))
        if moved and version % 2:
            self.let(h.Undo(self.versions[before.version], MANAGER))
            self.assert_back(before)

    def assert_back(self, before: Any) -> None:
        """All is as it was, but for the rows the move had made, which are cancelled."""
        state = self.walk.state
        known = len(before.activities)
        for row, then in zip(state.activities, before.activities, strict=False):
            then.run = row.run  # what is automatic may be run once more
            assert row == then
        assert {row.status for row in state.activities[known:]} <= {"Cancelled"}
        fields = ("version", "status", "node", "arrived_at", "waiting_until", "visit", "data", "pending")
        assert [getattr(state, name) for name in fields] == [getattr(before, name) for name in fields]

    @rule(version=st.integers(1, 3))
    def undo(self, version: int) -> None:
        self.let(h.Undo(self.versions[version], MANAGER))

    @invariant()
    def nothing_due_is_left_after_a_tick(self) -> None:
        if not hasattr(self, "walk"):
            return
        self.let(h.Tick())
        wake = wake_at(self.walk.definition, registry, self.walk.state)
        assert wake is None or wake > self.walk.now

    @invariant()
    def what_is_open_is_of_the_stage_it_is_in(self) -> None:
        if not hasattr(self, "walk"):
            return
        state, node = self.walk.state, self.walk.definition.nodes.get(self.walk.state.node or "")
        assert state.version == self.walk.definition.version
        for row in state.open():
            assert isinstance(node, Stage)
            activity = node.activity(row.key)
            assert activity is not None
            assert (row.node, row.visit, row.type) == (state.node, state.visit, activity.type)
            free = all(state.current()[key].status in ("Completed", "Skipped") for key in activity.after)
            assert row.status == "Failed" or (row.status == "InProgress") == free

    def teardown(self) -> None:
        if hasattr(self, "walk"):
            assert replay(self.walk.events) == self.walk.state


TestJourneys = Journeys.TestCase
TestJourneys.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
