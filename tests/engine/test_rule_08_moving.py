"""Rule 8: a running journey can be moved to another version of its funnel, and back."""

from __future__ import annotations

from typing import Any

import pytest

from kohomai.engine import happenings as h
from kohomai.engine.definition import Definition
from kohomai.engine.errors import Conflict, Invalid
from kohomai.engine.journey import can_move
from tests.engine.builders import (
    LEAD,
    MANAGER,
    Walk,
    accept,
    approval,
    decision,
    form,
    funnel,
    look_up,
    set_data,
    stage,
    when,
)


def one_stage(version: int, *activities: dict[str, Any], **more: dict[str, Any]) -> Definition:
    return funnel("first", version, first=stage(*activities), **more)


def move(walk: Walk, to: Definition, node: str | None = None) -> list[str]:
    return walk.do(h.Move(to, MANAGER, node))


def undo(walk: Walk, to: Definition) -> list[str]:
    return walk.do(h.Undo(to, MANAGER))


def test_goes_over_at_the_same_node() -> None:
    walk = Walk(one_stage(1, form("a"), form("b")))
    assert move(walk, one_stage(2, form("a"), form("b"))) == ["journey.migrated"]
    assert walk.state.version == 2
    assert walk.statuses() == {"a": "InProgress", "b": "InProgress"}
    moved = walk.event("journey.migrated")
    assert (moved["From"], moved["To"], moved["Node"], moved["Actor"]) == (1, 2, "first", MANAGER)


def test_open_ones_that_are_removed_are_cancelled_completed_ones_stay_new_ones_are_made() -> None:
    walk = Walk(one_stage(1, form("done"), form("gone"), form("kept")))
    walk.complete("done")
    to = one_stage(2, form("kept"), form("new"), form("later", After=["new"]))
    assert move(walk, to) == ["journey.migrated", "activity.cancelled", "activity.opened"]
    assert walk.statuses() == {
        "done": "Completed", "gone": "Cancelled", "kept": "InProgress", "new": "InProgress", "later": "Blocked",
    }  # fmt: skip
    assert {row.visit for row in walk.state.activities} == {1}


def test_of_the_same_key_but_another_type_is_another_activity() -> None:
    walk = Walk(one_stage(1, form("a"), form("b")))
    walk.complete("a")
    move(walk, one_stage(2, accept("a"), accept("b")))
    assert walk.rows() == [
        (("a", 1, 1), "Completed"),
        (("b", 1, 1), "Cancelled"),
        (("a", 1, 2), "InProgress"),
        (("b", 1, 2), "InProgress"),
    ]
    walk.complete("a", Accepted=True)
    walk.complete("b", Accepted=True)
    assert walk.state.status == "Completed"


def test_after_is_applied_anew() -> None:
    walk = Walk(one_stage(1, form("a"), form("b", After=["a"]), form("c")))
    types = move(walk, one_stage(2, form("a"), form("b"), form("c", After=["a"])))
    assert types == ["journey.migrated", "activity.opened"]
    assert walk.statuses() == {"a": "InProgress", "b": "InProgress", "c": "Blocked"}
    assert walk.row("c").opened_at is None


def test_what_comes_after_a_new_one_is_blocked() -> None:
    walk = Walk(one_stage(1, form("a")))
    move(walk, one_stage(2, form("a", After=["new"]), form("new")))
    assert walk.statuses() == {"a": "Blocked", "new": "InProgress"}


def test_the_stage_is_judged_again() -> None:
    walk = Walk(one_stage(1, form("a"), form("b")))
    walk.complete("a")
    to = one_stage(2, form("a"), form("b", Required=False))
    assert move(walk, to) == ["journey.migrated", "activity.cancelled", "journey.completed"]
    assert walk.row("b").required is False


def test_what_is_completed_and_removed_stays_completed() -> None:
    walk = Walk(one_stage(1, form("done"), form("kept")))
    walk.complete("done")
    move(walk, one_stage(2, form("kept")))
    with pytest.raises(Conflict, match="no such activity"):
        walk.reopen("done")
    move(walk, one_stage(3, form("done"), form("kept")))
    assert walk.statuses() == {"done": "Completed", "kept": "InProgress"}


def test_a_name_that_changed_is_taken_over() -> None:
    walk = Walk(one_stage(1, form("a", Name="Before")))
    move(walk, one_stage(2, form("a", Name="Now")))
    assert walk.row("a").name == "Now"


def test_decisions_passed_are_not_run_again() -> None:
    def version(number: int, limit: int) -> Definition:
        choice = decision(("Big", when("Company size", "AtLeast", limit), "first"), default="lost")
        return funnel("choice", number, choice=choice, first=stage(form("a")))

    walk = Walk(version(1, 10), Company_size=20)
    assert move(walk, version(2, 100)) == ["journey.migrated"]
    assert walk.state.node == "first"


def waiting(version: int, limit: int, wait: str) -> Definition:
    choice = decision(("Big", when("Company size", "AtLeast", limit), "won"), default="lost", wait=wait)
    return funnel("choice", version, choice=choice)


def test_a_decision_that_waits_is_tried_again_from_its_arrival() -> None:
    walk = Walk(waiting(1, 10, "PT1H"), pending=("Company size",))
    walk.after("PT10M")
    assert move(walk, waiting(2, 10, "PT30M")) == ["journey.migrated"]
    assert str(walk.wakes_in()) == "0:20:00"
    assert move(walk, waiting(3, 10, "PT5M")) == ["journey.migrated", "journey.decided", "journey.completed"]
    assert walk.event("journey.decided")["Version"] == 3
    assert walk.state.visits == {"choice": 1, "lost": 1}


def test_without_a_counterpart_a_person_says_the_node() -> None:
    walk = Walk(one_stage(1, form("a")))
    to = funnel("other", 2, other=stage(form("b")))
    assert not can_move(walk.definition, to, walk.state)
    with pytest.raises(Conflict, match="say the node"):
        move(walk, to)
    types = move(walk, to, "other")
    assert types == ["journey.migrated", "activity.cancelled", "journey.stage_entered", "activity.opened"]
    assert walk.statuses() == {"a": "Cancelled", "b": "InProgress"}


def test_a_node_of_another_type_is_no_counterpart() -> None:
    walk = Walk(one_stage(1, form("a")))
    to = funnel("first", 2, first=decision(("Big", when("Company size", "IsKnown"), "won"), default="lost"))
    assert not can_move(walk.definition, to, walk.state)
    with pytest.raises(Conflict):
        move(walk, to)
    assert move(walk, to, "first")[-1] == "journey.completed"


def test_the_node_said_must_be_there() -> None:
    walk = Walk(one_stage(1, form("a")))
    with pytest.raises(Invalid):
        move(walk, one_stage(2, form("a")), "nowhere")


def test_an_ended_journey_stays_on_its_version() -> None:
    walk = Walk(one_stage(1, form("a")))
    walk.complete("a")
    with pytest.raises(Conflict):
        move(walk, one_stage(2, form("a")))


def test_to_the_version_it_is_on_nothing_changes() -> None:
    walk = Walk(one_stage(1, form("a")))
    assert move(walk, one_stage(1, form("a"))) == []


def test_is_undone_as_a_whole() -> None:
    first = one_stage(1, form("a"), form("gone"), form("b"))
    walk = Walk(first)
    walk.complete("a")
    before = walk.state.copy()
    second = one_stage(2, accept("a"), form("b", After=["a"], Name="Other", Required=False))
    move(walk, second)
    assert walk.statuses() == {"a": "InProgress", "gone": "Cancelled", "b": "Blocked"}
    assert undo(walk, first) == ["activity.cancelled", "journey.migrated"]
    assert [(row.status, row.name, row.required) for row in walk.state.activities[:3]] == [
        (row.status, row.name, row.required) for row in before.activities
    ]
    assert walk.rows()[3:] == [(("a", 1, 2), "Cancelled")]
    assert walk.state.version == 1
    walk.complete("gone")
    assert walk.complete("b")[-1] == "journey.completed"


def test_is_undone_even_where_it_ended_the_journey() -> None:
    first = one_stage(1, form("a"), form("b"))
    walk = Walk(first)
    walk.complete("a")
    move(walk, one_stage(2, form("a")))
    assert walk.state.outcome == "Converted"
    undo(walk, first)
    assert (walk.state.status, walk.state.outcome, walk.state.node) == ("InProgress", None, "first")
    assert walk.statuses() == {"a": "Completed", "b": "InProgress"}


def test_a_visit_that_was_taken_back_leaves_its_number() -> None:
    first = one_stage(1, form("a"))
    walk = Walk(first)
    loop = decision(("Out", when("Budget", "IsKnown"), "won"), default="first")
    move(walk, one_stage(2, form("a"), loop=loop), "loop")
    assert walk.rows() == [(("a", 1, 1), "Cancelled"), (("a", 2, 1), "InProgress")]
    undo(walk, first)
    walk.do(h.Restart("first", MANAGER))
    assert walk.rows()[-1] == (("a", 3, 1), "InProgress")


def test_what_is_automatic_and_goes_on_after_all_is_run_again() -> None:
    first = one_stage(
        1, set_data("auto", {"Interest": "Ships"}), set_data("kept", {"Interest": "Ships"}), form("a")
    )
    walk = Walk(first)
    move(walk, one_stage(2, set_data("kept", {"Interest": "Ships"}), form("a")))
    assert undo(walk, first) == ["journey.migrated", "activity.retried"]
    assert (walk.event("activity.retried")["Key"], walk.row("auto").status) == ("auto", "InProgress")


def test_what_was_settled_before_the_move_stays_settled_when_it_is_undone() -> None:
    first = one_stage(1, look_up("company", "Company size"), form("a"))
    walk = Walk(first)
    walk.enriched("Company size")
    assert walk.state.pending == frozenset()
    move(walk, one_stage(2, form("a")))
    assert undo(walk, first) == ["journey.migrated", "activity.retried"]
    assert walk.state.pending == frozenset()


def test_an_attempt_that_was_taken_back_leaves_its_number() -> None:
    first = one_stage(1, form("a"), form("b"))
    walk = Walk(first)
    walk.complete("a")
    move(walk, one_stage(2, accept("a"), form("b")))
    undo(walk, first)
    walk.do(h.Reopen(walk.state.activities[0].ref, MANAGER))
    assert [(ref.attempt, status) for ref, status in walk.rows() if ref.key == "a"] == [
        (1, "Completed"),
        (2, "Cancelled"),
        (3, "InProgress"),
    ]


def test_is_not_undone_once_something_has_happened() -> None:
    first = one_stage(1, form("a"), form("b"))
    walk = Walk(first)
    move(walk, one_stage(2, form("a"), form("b"), form("c")))
    walk.complete("a", actor=LEAD)
    with pytest.raises(Conflict):
        undo(walk, first)


def test_is_undone_once_and_only_to_where_it_came_from() -> None:
    first, second, third = (one_stage(number, form("a")) for number in (1, 2, 3))
    walk = Walk(first)
    with pytest.raises(Conflict):
        undo(walk, first)
    move(walk, second)
    move(walk, third)
    with pytest.raises(Conflict):
        undo(walk, first)
    undo(walk, second)
    assert walk.state.version == 2
    with pytest.raises(Conflict):
        undo(walk, first)


def test_results_of_another_version_are_still_read() -> None:
    fit = decision(("Yes", when("check.Approved", "Is", True), "won"), default="lost")
    walk = Walk(
        funnel(
            "first",
            1,
            first=stage(approval("check"), next="second"),
            second=stage(form("a"), next="fit"),
            fit=fit,
        )
    )
    walk.complete("check", Approved=True)
    move(
        walk,
        funnel(
            "first",
            2,
            first=stage(approval("check"), next="second"),
            second=stage(form("a"), next="fit"),
            fit=fit,
        ),
    )
    walk.complete("a")
    assert walk.state.outcome == "Converted"


def test_an_automatic_one_that_failed_and_is_removed_is_cancelled() -> None:
    walk = Walk(one_stage(1, set_data("auto", {"Interest": "Ships"}), form("a")))
    walk.do(h.Fail(walk.row("auto").ref, "no answer"))
    move(walk, one_stage(2, form("a")))
    assert walk.statuses() == {"auto": "Cancelled", "a": "InProgress"}


def test_a_key_that_stands_in_another_stage_there_gets_rows_of_its_own() -> None:
    walk = Walk(one_stage(1, form("a"), form("b")))
    to = funnel("second", 2, second=stage(form("a")))
    move(walk, to, "second")

    rows = [(row.key, row.node, row.status) for row in walk.state.activities]
    assert rows == [("a", "first", "Cancelled"), ("b", "first", "Cancelled"), ("a", "second", "InProgress")]
    assert len({row.ref for row in walk.state.activities}) == 3
