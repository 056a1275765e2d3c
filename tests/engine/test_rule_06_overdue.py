"""Rule 6: what is overdue is told once, then its own rule is followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kohomai.engine import happenings as h
from tests.engine.builders import (
    NOON,
    Walk,
    approval,
    decision,
    form,
    funnel,
    set_data,
    shown,
    stage,
    wait,
    when,
)


def test_is_told_once() -> None:
    walk = Walk(funnel("first", first=stage(form("late", DueIn="P1D"))))
    assert walk.after("PT23H59M") == []
    assert walk.after("PT1M") == ["activity.overdue"]
    assert walk.event("activity.overdue")["DueAt"] == shown(NOON + timedelta(days=1))
    assert walk.after("P9D") == []
    assert walk.wakes_in() is None


def test_may_still_be_completed_afterwards() -> None:
    walk = Walk(funnel("first", first=stage(form("late", DueIn="P1D"))))
    walk.after("P2D")
    assert walk.complete("late") == ["activity.completed", "journey.completed"]


def test_skip_passes_it_over() -> None:
    walk = Walk(funnel("first", first=stage(form("late", DueIn="P1D", WhenOverdue="Skip"))))
    assert walk.after("P1D") == ["activity.overdue", "activity.skipped", "journey.completed"]
    assert walk.event("activity.skipped")["Reason"] == "Overdue"


def test_go_to_cancels_all_that_is_open_and_enters_the_node() -> None:
    late = form("late", DueIn="P1D", WhenOverdue={"GoTo": "second"})
    first = stage(form("done"), late, form("more"), form("blocked", After=["more"]))
    walk = Walk(funnel("first", first=first, second=stage(form("other"))))
    walk.complete("done")
    types = walk.after("P1D")
    assert types == [
        "activity.overdue",
        *["activity.cancelled"] * 3,
        "journey.stage_entered",
        "activity.opened",
    ]
    assert walk.statuses() == {
        "done": "Completed", "late": "Cancelled", "more": "Cancelled", "blocked": "Cancelled", "other": "InProgress",
    }  # fmt: skip
    assert walk.event("activity.overdue")["WhenOverdue"] == {"GoTo": "second"}


@pytest.mark.parametrize("target", ["lost", "choice", "first"])
def test_go_to_any_node(target: str) -> None:
    late = form("late", DueIn="P1D", WhenOverdue={"GoTo": target})
    choice = decision(("Rich", when("Budget", "IsKnown"), "won"), default="lost")
    walk = Walk(funnel("first", first=stage(late), choice=choice))
    walk.after("P1D")
    if target == "first":
        assert walk.state.visits["first"] == 2
        assert walk.row("late").due_at == NOON + timedelta(days=2)
    else:
        assert walk.state.outcome == "Disqualified"


def test_what_is_done_or_blocked_is_never_overdue() -> None:
    first = stage(form("a", DueIn="P1D"), form("b", DueIn="P1D", After=["c"]), form("c"))
    walk = Walk(funnel("first", first=first))
    walk.complete("a")
    assert walk.wakes_in() is None
    assert walk.after("P2D") == []


def test_an_automatic_one_that_failed_is_overdue_too() -> None:
    auto = set_data("auto", {"Interest": "Ships"}, DueIn="P1D", WhenOverdue={"GoTo": "lost"})
    walk = Walk(funnel("first", first=stage(auto)))
    walk.do(h.Fail(walk.row("auto").ref, "no answer"))
    assert walk.after("P1D")[-1] == "journey.completed"


def test_nobody_is_reminded_of_one_that_failed() -> None:
    auto = set_data("auto", {"Interest": "Ships"}, DueIn="P2D", Remind=["P1D"])
    walk = Walk(funnel("first", first=stage(auto)))
    walk.do(h.Fail(walk.row("auto").ref, "no answer"))
    assert walk.after("P1D") == []
    assert walk.after("P1D") == ["activity.overdue"]


def test_all_that_is_due_is_done_in_order_of_time() -> None:
    first = stage(
        form("late", DueIn="P2D", Remind=["P1D"]),
        wait("pause", For="PT30H"),
        form("sooner", DueIn="PT12H", WhenOverdue="Skip"),
    )
    walk = Walk(funnel("first", first=first))
    assert walk.after("P9D") == [
        "activity.overdue",  # sooner
        "activity.skipped",
        "activity.reminded",  # late
        "activity.completed",  # pause
        "activity.overdue",  # late
    ]


def test_due_counts_anew_when_it_is_opened_again_but_is_told_once() -> None:
    first = stage(approval("check"), form("late", After=["check"], DueIn="P1D"), form("end"))
    walk = Walk(funnel("first", first=first))
    walk.complete("check", Approved=True)
    walk.now += timedelta(hours=23)
    walk.reopen("check")
    assert walk.wakes_in() is None
    walk.complete("check", Approved=True)
    assert walk.wakes_in() == timedelta(days=1)
    assert walk.after("P1D") == ["activity.overdue"]
    walk.reopen("check")
    walk.complete("check", Approved=True)
    assert walk.after("P5D") == []
