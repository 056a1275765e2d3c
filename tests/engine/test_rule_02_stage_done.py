"""Rule 2: a stage is done when each required activity is; it is judged before anything is opened."""

from __future__ import annotations

from kohomai.engine import happenings as h
from tests.engine.builders import Walk, accept, form, funnel, set_data, stage


def test_is_done_when_each_required_activity_is_completed_or_skipped() -> None:
    walk = Walk(funnel("first", first=stage(form("a"), form("b"))))
    assert walk.complete("a") == ["activity.completed"]
    assert walk.skip("b") == ["activity.skipped", "journey.completed"]
    assert (walk.state.status, walk.state.outcome, walk.state.node) == ("Completed", "Converted", "won")


def test_what_is_still_open_is_cancelled() -> None:
    first = stage(
        form("must"),
        form("may", Required=False),
        form("later", After=["may"], Required=False),
        set_data("auto", {"Interest": "x"}, Required=False),
    )
    walk = Walk(funnel("first", first=first))
    walk.do(h.Fail(walk.row("auto").ref, "no answer"))
    assert walk.statuses() == {
        "must": "InProgress",
        "may": "InProgress",
        "later": "Blocked",
        "auto": "Failed",
    }
    assert walk.complete("must") == ["activity.completed", *["activity.cancelled"] * 3, "journey.completed"]
    assert walk.statuses() == {
        "must": "Completed",
        "may": "Cancelled",
        "later": "Cancelled",
        "auto": "Cancelled",
    }


def test_what_the_last_completion_would_have_freed_is_never_opened() -> None:
    first = stage(form("must"), accept("extra", After=["must"], Required=False))
    walk = Walk(funnel("first", first=first))
    assert walk.complete("must") == ["activity.completed", "activity.cancelled", "journey.completed"]
    assert walk.row("extra").opened_at is None


def test_an_optional_one_that_is_done_does_not_finish_the_stage() -> None:
    walk = Walk(funnel("first", first=stage(form("must"), form("may", Required=False))))
    assert walk.complete("may") == ["activity.completed"]
    assert walk.state.running


def test_the_next_stage_is_entered_in_the_same_advance() -> None:
    walk = Walk(funnel("first", first=stage(form("a"), next="second"), second=stage(form("b"))))
    assert walk.complete("a") == ["activity.completed", "journey.stage_entered", "activity.opened"]
    assert walk.state.visits == {"first": 1, "second": 1}


def test_what_is_filled_in_is_there_when_the_stage_is_judged_and_the_next_opened() -> None:
    second = stage(form("sign", Assignee={"Kind": "Stakeholder", "DataPoint": "Signatory e-mail"}))
    walk = Walk(funnel("first", first=stage(form("who", "Signatory e-mail!"), next="second"), second=second))
    walk.complete("who", {"Signatory e-mail": "sig@bank.example"})
    assert walk.event("activity.completed")["Data"][0]["Source"] == "Lead"
    assert walk.row("sign").assignee.email == "sig@bank.example"
