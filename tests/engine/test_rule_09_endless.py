"""Rule 9: a journey that would not end is stopped."""

from __future__ import annotations

from kohomai.engine import happenings as h
from kohomai.engine.definition import Definition
from kohomai.engine.journey import advance
from tests.engine.builders import (
    MANAGER,
    Walk,
    approval,
    decision,
    form,
    funnel,
    registry,
    set_data,
    stage,
    wait,
    when,
)


def treadmill() -> Definition:
    loop = decision(("Out", when("Budget", "IsKnown"), "won"), default="first")
    return funnel("first", first=stage(wait("pause", For="PT0S"), next="loop"), loop=loop)


def test_after_two_hundred_nodes_with_no_persons_act_between() -> None:
    walk = Walk(treadmill())
    assert walk.after("PT1S")[-1] == "journey.stopped"
    assert (walk.state.status, walk.state.reason) == ("Stopped", "Loop")
    assert sum(walk.state.visits.values()) == 200
    assert walk.event("journey.stopped")["Actor"] == {"Kind": "System"}


def test_automatic_activities_are_no_persons_act() -> None:
    loop = decision(("Out", when("Budget", "IsKnown"), "won"), default="first")
    walk = Walk(funnel("first", first=stage(set_data("auto", {"Interest": "x"}), next="loop"), loop=loop))
    while walk.state.running:
        walk.complete("auto")
    assert sum(walk.state.visits.values()) == 200


def test_a_persons_act_begins_the_count_anew_until_a_thousand_in_all() -> None:
    loop = decision(("Out", when("check.Approved", "Is", True), "won"), default="first")
    walk = Walk(funnel("first", first=stage(approval("check"), next="loop"), loop=loop))
    state = walk.state
    while state.running:
        complete = h.Complete(state.activities[-1].ref, (), {"Approved": False}, MANAGER)
        state, _ = advance(walk.definition, registry, state, complete, walk.now)
    assert (state.reason, sum(state.visits.values())) == ("Loop", 1_000)
    state, _ = advance(walk.definition, registry, state, h.Restart("first", MANAGER), walk.now)
    assert state.running, "a restart begins the count anew"


def test_a_restart_by_a_person_begins_the_count_anew() -> None:
    walk = Walk(treadmill())
    walk.after("PT1S")
    walk.do(h.Restart("first", MANAGER))
    assert walk.state.running
    walk.after("PT1S")
    assert walk.state.reason == "Loop"


def test_a_way_back_that_a_person_walks_is_no_loop() -> None:
    walk = Walk(funnel("first", first=stage(form("a"), next="second"), second=stage(form("b"), next="won")))
    walk.complete("a")
    assert walk.state.entered_since_act == 1
