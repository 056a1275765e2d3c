"""Rule 1: entering a stage makes its rows, opens what is free, and blocks the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kohomai.engine import happenings as h
from kohomai.engine.errors import Conflict
from kohomai.engine.workdays import Calendar
from tests.engine.builders import (
    LEAD,
    NOON,
    Walk,
    accept,
    approval,
    decision,
    form,
    funnel,
    shown,
    stage,
    wait,
    when,
)


def test_makes_the_rows_of_all_its_activities() -> None:
    walk = Walk(funnel("first", first=stage(form("needs"), accept("terms", After=["needs"]))))
    assert walk.types() == ["journey.started", "journey.stage_entered", "activity.opened"]
    assert [row["Key"] for row in walk.event("journey.stage_entered")["Activities"]] == ["needs", "terms"]
    assert walk.rows() == [(("needs", 1, 1), "InProgress"), (("terms", 1, 1), "Blocked")]


def test_counts_the_visits_of_a_stage_that_is_entered_again() -> None:
    loop = decision(("Again", when("check.Approved", "Is", False), "first"), default="won")
    walk = Walk(funnel("first", first=stage(approval("check"), next="loop"), loop=loop))
    walk.complete("check", Approved=False)
    assert walk.rows() == [(("check", 1, 1), "Completed"), (("check", 2, 1), "InProgress")]
    assert walk.event("journey.stage_entered")["Visit"] == 2
    walk.complete("check", Approved=True)
    assert walk.state.outcome == "Converted"


@pytest.mark.parametrize("done", ["complete", "skip"])
def test_completed_or_skipped_satisfies_after(done: str) -> None:
    walk = Walk(funnel("first", first=stage(form("needs"), accept("terms", After=["needs"]))))
    assert getattr(walk, done)("needs")[1:] == ["activity.opened"]
    assert walk.statuses()["terms"] == "InProgress"


def test_opens_only_when_all_that_it_comes_after_is_done() -> None:
    first = stage(form("a"), form("b"), form("c", After=["a", "b"]))
    walk = Walk(funnel("first", first=first))
    assert walk.complete("a") == ["activity.completed"]
    assert walk.complete("b") == ["activity.completed", "activity.opened"]


def test_due_time_and_reminders_count_from_the_opening() -> None:
    late = form("late", After=["soon"], DueIn="P3D", Remind=["PT24H"])
    walk = Walk(funnel("first", first=stage(form("soon"), late)))
    walk.after("P1D")
    walk.complete("soon")
    assert walk.row("late").due_at == NOON + timedelta(days=4)
    assert walk.row("late").reminders == (NOON + timedelta(days=3),)
    assert walk.event("activity.opened")["RemindAt"] == [shown(NOON + timedelta(days=3))]


def test_a_reminder_already_past_at_the_opening_is_not_sent() -> None:
    late = form("late", DueIn="P1D", Remind=["PT1H", "P2D", "P1D"])
    walk = Walk(funnel("first", first=stage(late)))
    assert walk.row("late").reminders == (NOON + timedelta(hours=23),)


def test_a_reminder_is_sent_once_at_its_time() -> None:
    walk = Walk(funnel("first", first=stage(form("late", DueIn="P3D", Remind=["P1D", "PT1H"]))))
    assert walk.wakes_in() == timedelta(days=2)
    assert walk.after("P2D") == ["activity.reminded"]
    assert walk.after("PT1M") == []
    assert walk.wakes_in() == timedelta(hours=22, minutes=59)
    walk.complete("late", actor=LEAD)
    assert walk.after("P2D") == []


def test_a_blocked_activity_can_be_skipped_not_completed() -> None:
    walk = Walk(funnel("first", first=stage(form("needs"), accept("terms", After=["needs"]))))
    with pytest.raises(Conflict):
        walk.complete("terms", Accepted=True)
    assert walk.skip("terms") == ["activity.skipped"]
    assert walk.statuses() == {"needs": "InProgress", "terms": "Skipped"}


def test_working_days_leave_out_the_weekend() -> None:
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    late = stage(form("late", DueIn="P1DT2H"))
    walk = Walk(funnel("first", first=late), now=friday, calendar=Calendar())
    assert walk.row("late").due_at == datetime(2026, 11, 30, 17, tzinfo=UTC)
    assert Walk(funnel("first", first=late), now=friday).row("late").due_at == friday + timedelta(
        days=1, hours=2
    )


def test_each_working_day_counts_and_no_other() -> None:
    thursday = datetime(2026, 11, 26, 15, tzinfo=UTC)
    walk = Walk(funnel("first", first=stage(form("late", DueIn="P3D"))), now=thursday, calendar=Calendar())
    assert walk.row("late").due_at == datetime(2026, 12, 1, 15, tzinfo=UTC)  # a Tuesday


def test_working_days_are_those_of_the_zone_and_keep_the_time_of_day() -> None:
    zone = ZoneInfo("America/New_York")
    before_the_change = datetime(2026, 10, 30, 9, tzinfo=zone)  # a Friday; the clocks go back on Sunday
    walk = Walk(
        funnel("first", first=stage(form("late", DueIn="P1D"))),
        now=before_the_change,
        calendar=Calendar(zone),
    )
    assert walk.row("late").due_at == datetime(2026, 11, 2, 9, tzinfo=zone)


def test_what_opens_on_a_free_day_counts_from_the_next_working_day() -> None:
    saturday = datetime(2026, 11, 28, 10, tzinfo=UTC)
    walk = Walk(funnel("first", first=stage(form("late", DueIn="P1D"))), now=saturday, calendar=Calendar())
    assert walk.row("late").due_at == datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_a_wait_is_completed_by_the_clock() -> None:
    walk = Walk(funnel("first", first=stage(wait("pause", For="P3D"))))
    assert walk.wakes_in() == timedelta(days=3)
    assert walk.after("P2D") == []
    assert walk.after("P1D") == ["activity.completed", "journey.completed"]
    assert walk.event("activity.completed")["Actor"] == {"Kind": "System"}


def test_a_wait_until_a_time_not_known_yet_lasts_until_it_is_known_and_has_come() -> None:
    walk = Walk(funnel("first", first=stage(wait("pause", Until="Call at"))))
    assert walk.wakes_in() is None
    walk.set(Call_at="2026-11-24T12:00:00Z")
    assert walk.wakes_in() == timedelta(days=1)
    assert walk.after("P1D") == ["activity.completed", "journey.completed"]


def test_an_automatic_activity_is_not_completed_by_a_person() -> None:
    walk = Walk(funnel("first", first=stage(wait("pause", For="P3D"))))
    with pytest.raises(Conflict):
        walk.do(h.Complete(walk.row("pause").ref, actor=LEAD))
    walk.skip("pause")
    assert walk.state.status == "Completed"
