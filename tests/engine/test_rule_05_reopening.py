"""Rule 5: what was completed or skipped can be done again, while the journey is in its stage."""

from __future__ import annotations

import pytest

from kohomai.engine import happenings as h
from kohomai.engine.errors import Conflict
from tests.engine.builders import MANAGER, Walk, approval, form, funnel, set_data, stage


def chain() -> Walk:
    first = stage(form("a"), form("b", After=["a"]), form("c", After=["b"]), form("end"))
    return Walk(funnel("first", first=first))


@pytest.mark.parametrize("done", ["complete", "skip"])
def test_makes_a_new_row_of_the_next_attempt(done: str) -> None:
    walk = chain()
    getattr(walk, done)("a")
    assert walk.reopen("a") == ["activity.reopened", "activity.opened"]
    assert [ref for ref, _ in walk.rows() if ref.key == "a"] == [("a", 1, 1), ("a", 1, 2)]
    assert walk.row("a").status == "InProgress"
    assert walk.event("activity.reopened")["NextAttempt"] == 2


def test_blocks_those_directly_after_it_that_are_in_progress() -> None:
    walk = chain()
    walk.complete("a")
    walk.reopen("a")
    assert walk.statuses() == {"a": "InProgress", "b": "Blocked", "c": "Blocked", "end": "InProgress"}
    assert walk.complete("a") == ["activity.completed", "activity.opened"]
    assert walk.statuses()["b"] == "InProgress"


def test_leaves_those_further_on_as_they_are() -> None:
    walk = chain()
    walk.complete("a")
    walk.complete("b")
    walk.reopen("a")
    assert walk.statuses() == {"a": "InProgress", "b": "Completed", "c": "InProgress", "end": "InProgress"}


def test_an_automatic_one_that_is_opened_again_is_another_run() -> None:
    walk = Walk(
        funnel("first", first=stage(form("a"), set_data("auto", {"Interest": "x"}, After=["a"]), form("end")))
    )
    walk.complete("a")
    assert "Run" not in walk.event("activity.opened")
    walk.reopen("a")
    walk.complete("a")
    assert walk.event("activity.opened")["Run"] == 1
    walk.do(h.Fail(walk.row("auto").ref, "no answer"))
    walk.do(h.Retry(walk.row("auto").ref, MANAGER))
    assert walk.event("activity.retried")["Run"] == 2


def test_is_blocked_when_what_it_comes_after_is_open() -> None:
    walk = chain()
    walk.complete("a")
    walk.complete("b")
    walk.reopen("a")
    assert walk.reopen("b") == ["activity.reopened"]
    assert walk.statuses() == {"a": "InProgress", "b": "Blocked", "c": "Blocked", "end": "InProgress"}


def test_the_latest_attempt_counts_for_the_stage() -> None:
    walk = Walk(funnel("first", first=stage(form("a"), form("b"))))
    walk.complete("a")
    walk.reopen("a")
    assert walk.complete("b") == ["activity.completed"]
    assert walk.complete("a")[-1] == "journey.completed"


def test_data_stays() -> None:
    walk = chain()
    walk.complete("a", {"Interest": "Ships"})
    walk.reopen("a")
    assert walk.value("Interest") == "Ships"


def test_each_attempt_is_completed_once() -> None:
    walk = chain()
    walk.complete("a")
    first = walk.row("a").ref
    walk.reopen("a")
    walk.complete("a")
    with pytest.raises(Conflict):
        walk.do(h.Complete(first, actor=MANAGER))
    with pytest.raises(Conflict, match="last attempt"):
        walk.do(h.Reopen(first, MANAGER))


def test_what_is_open_cannot_be_reopened() -> None:
    walk = chain()
    for key in ("a", "b"):
        with pytest.raises(Conflict):
            walk.reopen(key)


def test_nor_what_lies_in_another_stage_or_visit() -> None:
    walk = Walk(funnel("first", first=stage(approval("check"), next="second"), second=stage(form("b"))))
    walk.complete("check", Approved=True)
    with pytest.raises(Conflict):
        walk.reopen("check")


def test_nor_anything_of_an_ended_journey() -> None:
    walk = chain()
    walk.complete("a")
    walk.do(h.Stop("No interest", MANAGER))
    with pytest.raises(Conflict):
        walk.reopen("a")
