"""Rule 7: a journey can be stopped, and restarted from a stage."""

from __future__ import annotations

import pytest

from kohomai.engine import happenings as h
from kohomai.engine.errors import Conflict, Invalid
from tests.engine.builders import KEY, MANAGER, Walk, approval, decision, form, funnel, given, stage, when


def two_stages() -> Walk:
    return Walk(
        funnel(
            "first", first=stage(form("a"), next="second"), second=stage(form("b"), form("c", After=["b"]))
        )
    )


def restart(walk: Walk, node: str, **data: str) -> list[str]:
    return walk.do(h.Restart(node, MANAGER, given(data, "API")))


def test_stopping_cancels_what_is_open() -> None:
    walk = two_stages()
    walk.complete("a")
    assert walk.do(h.Stop("No interest", MANAGER)) == [
        "activity.cancelled",
        "activity.cancelled",
        "journey.stopped",
    ]
    assert (walk.state.status, walk.state.reason, walk.state.node) == ("Stopped", "No interest", "second")
    assert walk.statuses() == {"a": "Completed", "b": "Cancelled", "c": "Cancelled"}
    assert walk.event("journey.stopped") == {"Node": "second", "Reason": "No interest", "Actor": MANAGER}


def test_a_decision_that_waits_can_be_stopped() -> None:
    choice = decision(("Rich", when("Budget", "IsKnown"), "won"), default="lost", wait="P1D")
    walk = Walk(funnel("choice", choice=choice), pending=("Budget",))
    walk.do(h.Stop("No interest", KEY))
    assert walk.wakes_in() is None


def test_an_ended_journey_cannot_be_stopped() -> None:
    walk = two_stages()
    walk.do(h.Stop("No interest", MANAGER))
    with pytest.raises(Conflict):
        walk.do(h.Stop("No interest", MANAGER))


def test_restarting_keeps_data_clears_the_outcome_and_counts_a_new_visit() -> None:
    walk = two_stages()
    walk.complete("a", {"Interest": "Ships"})
    walk.complete("b")
    walk.complete("c")
    assert walk.state.outcome == "Converted"
    assert restart(walk, "second") == ["journey.restarted", "journey.stage_entered", "activity.opened"]
    assert (walk.state.status, walk.state.outcome) == ("InProgress", None)
    assert walk.value("Interest") == "Ships"
    assert walk.rows()[-2:] == [(("b", 2, 1), "InProgress"), (("c", 2, 1), "Blocked")]


def test_a_stopped_one_loses_its_reason() -> None:
    walk = two_stages()
    walk.do(h.Stop("No interest", MANAGER))
    restart(walk, "first")
    assert (walk.state.status, walk.state.reason) == ("InProgress", None)


def test_a_running_one_is_taken_out_of_its_stage() -> None:
    walk = two_stages()
    assert restart(walk, "second")[:2] == ["activity.cancelled", "journey.restarted"]
    assert walk.statuses() == {"a": "Cancelled", "b": "InProgress", "c": "Blocked"}


def test_the_leads_current_values_are_copied_in_first() -> None:
    second = stage(form("b", Assignee={"Kind": "Stakeholder", "DataPoint": "Signatory e-mail"}))
    walk = Walk(funnel("first", first=stage(form("a"), next="second"), second=second), Country="US")
    walk.do(h.Stop("No interest", MANAGER))
    restart(walk, "second", **{"Country": "US", "Signatory e-mail": "sig@bank.example"})
    assert [item["Name"] for item in walk.event("journey.restarted")["Data"]] == ["Signatory e-mail"]
    assert walk.row("b").assignee.email == "sig@bank.example"


@pytest.mark.parametrize("node", ["won", "choice", "nowhere"])
def test_only_from_a_stage(node: str) -> None:
    choice = decision(("Rich", when("Budget", "IsKnown"), "won"), default="first")
    walk = Walk(funnel("choice", choice=choice, first=stage(approval("a"))))
    with pytest.raises(Invalid) as refused:
        restart(walk, node)
    assert refused.value.faults[0].pointer == "/Node"
