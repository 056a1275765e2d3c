"""Automatic activities, waits, due times, reminders: what a journey does by itself, seen from the public door."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from kohomai.activities import registry
from kohomai.delivery import relay, runs
from kohomai.delivery.emails.sealed import unseal
from tests.conftest import Workspace
from tests.delivery.support import (
    LEAD,
    form,
    open_door,
    rows,
    set_data,
    stage,
    told,
    until,
    wait,
    worker_paused,
)
from tests.support.program import Program

SCORE = {"Rules": [{"Name": "Any", "When": {"DataPoint": "Email", "Operator": "IsKnown"}, "Points": 1}]}
PLANNED = "SELECT 1 FROM delivery_activityrun WHERE journey_id = %s"


def mails(program: Program, workspace: Workspace, kind: str) -> list[tuple[str, str, str, str]]:
    """The mails of one kind: to, subject, text, HTML."""
    sql = 'SELECT "to", subject, text, html FROM delivery_email WHERE workspace_id = %s AND kind = %s ORDER BY id'
    found = rows(program.database_url, sql, workspace.id, kind)
    return [(to, subject, unseal(text), unseal(html)) for to, subject, text, html in found]


def test_set_data_runs_by_itself_and_is_told(api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(set_data(value="Enterprise"), form())})
    answer = door.register()
    journey = answer["Journey"]["Id"]
    assert answer["ConnectionURL"]  # something waits for the lead
    done = door.wait_for(journey, "set", "Completed")
    assert (done["Visit"], done["Attempt"]) == (1, 1)
    data = {one["Name"]: (one["Value"], one["Source"]) for one in door.journey(journey)["Data"]}
    assert data["Segment"] == ("Enterprise", "Activity")


def test_a_journey_of_automatic_activities_ends_by_itself(api: httpx.Client) -> None:
    nodes = {"one": stage(set_data(value="A"), next="two"), "two": stage(set_data("again", "B"))}
    door = open_door(api, nodes)
    answer = door.register()
    until(lambda: door.journey(answer["Journey"]["Id"])["Status"] == "Completed")
    assert door.journey(answer["Journey"]["Id"])["Outcome"] == "Converted"


def test_an_automatic_activity_has_run_soon_after_the_answer(api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(set_data(), form())})
    took = []
    for _ in range(15):
        answer = door.register()
        answered = time.monotonic()
        door.wait_for(answer["Journey"]["Id"], "set", "Completed")
        took.append(time.monotonic() - answered)
        time.sleep(0.1)
    assert statistics.median(took) < 0.3, took


def test_a_wait_is_over_when_its_time_has_come(api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(wait(length="PT2S"))})
    began = time.monotonic()
    journey = door.register()["Journey"]["Id"]
    assert door.activity(journey, "wait")["Status"] == "InProgress"
    until(lambda: door.journey(journey)["Status"] == "Completed")
    assert 1.9 <= time.monotonic() - began < 4


def test_a_wait_until_a_time_that_becomes_known(api: httpx.Client) -> None:
    until_known = {
        "Key": "wait", "Type": "Wait", "Name": "Wait", "Assignee": {"Kind": "Automatic"},
        "Settings": {"Until": "Until"},
    }  # fmt: skip
    door = open_door(api, {"first": stage(until_known)})
    answer = door.register()
    moment = (
        (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    time.sleep(0.5)
    assert door.journey(answer["Journey"]["Id"])["Status"] == "InProgress"
    door.register(Email=answer["Email"], JourneyData=[{"Name": "Until", "Value": moment}])
    until(lambda: door.journey(answer["Journey"]["Id"])["Status"] == "Completed")


def test_what_fails_is_tried_again_then_waits_for_a_manager(
    program: Program, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(settings: Any, facts: Any) -> Any:
        raise RuntimeError("the text of an error may hold somebody's data")

    door = open_door(api, {"first": stage(set_data(), form())})
    with worker_paused(program):
        journey = door.register()["Journey"]["Id"]
        until(lambda: relay.step() and rows(program.database_url, PLANNED, journey), 20)
        with monkeypatch.context() as patch:
            patch.setattr(registry["SetData"], "run_pure", broken, raising=False)
            for tries in range(len(registry["SetData"].pauses) + 1):
                sql = (
                    "UPDATE delivery_activityrun SET next_at = now()"
                    " WHERE journey_id = %s AND status = 'Waiting' RETURNING tries"
                )
                assert rows(program.database_url, sql, journey) == [(tries,)]
                for run in runs.claim(50):
                    if run.journey_id == journey:
                        assert not runs.carry_out(run)
        assert door.activity(journey, "set")["Status"] == "Failed"
        sql = "SELECT status, last_error FROM delivery_activityrun WHERE journey_id = %s"
        assert rows(program.database_url, sql, journey) == [("Failed", "RuntimeError")]
    failed = door.activity(journey, "set")["Id"]
    told(api.post(f"journeys/{journey}/activities/{failed}/retry", json={}))
    door.wait_for(journey, "set", "Completed")


def test_one_that_cannot_even_be_given_up_holds_up_no_other(
    program: Program, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(settings: Any, facts: Any) -> Any:
        raise RuntimeError("broken")

    bad = open_door(api, {"first": stage(set_data(), form())})
    good = open_door(api, {"first": stage({**set_data(), "Type": "Score", "Settings": SCORE}, form())})
    with worker_paused(program):
        first, second = bad.register()["Journey"]["Id"], good.register()["Journey"]["Id"]
        for journey in (first, second):
            until(lambda journey=journey: relay.step() and rows(program.database_url, PLANNED, journey), 20)
        last = "UPDATE delivery_activityrun SET tries = 100 WHERE journey_id = %s"
        rows(program.database_url, last, first)
        with monkeypatch.context() as patch:
            patch.setattr(registry["SetData"], "run_pure", broken, raising=False)
            patch.setattr(registry["SetData"], "failed", broken, raising=False)
            runs.Runner().step()
        assert good.activity(second, "set")["Status"] == "Completed"
        later = "next_at > now() + interval '30 min'"
        sql = f"SELECT status, tries, {later} FROM delivery_activityrun WHERE journey_id = %s"
        assert rows(program.database_url, sql, first) == [("Waiting", 101, True)]


def test_one_reminder_a_day_with_everything_in_it(
    program: Program, api: httpx.Client, workspace: Workspace
) -> None:
    sooner = form("sooner", DueIn="PT3S", Remind=["PT2S", "PT1S"])
    second = {**form("second", DueIn="P3D"), "Name": "Something <b>else</b> & more"}
    door = open_door(api, {"first": stage(sooner, second)})
    answer = door.register()
    (found,) = until(lambda: mails(program, workspace, "reminder"))
    to, subject, text, html = found
    assert to == answer["Email"]
    assert "2 things" in subject
    assert "About you" in text
    assert "Something <b>else</b> & more" in text
    assert "Something &lt;b&gt;else&lt;/b&gt; &amp; more" in html
    assert "/internal/v1/autologin?UUID=" in text
    until(lambda: mails(program, workspace, "overdue"))  # by then both reminders are past
    assert len(mails(program, workspace, "reminder")) == 1
    kinds = {event["Type"] for event in told(api.get("events", params={"limit": 200}))["Items"]}
    assert "activity.reminded" not in kinds


def test_no_reminder_for_what_is_done(program: Program, api: httpx.Client, workspace: Workspace) -> None:
    quick = form("quick", DueIn="PT3S", Remind=["PT2S"])
    door = open_door(api, {"first": stage(quick, form("later"))})
    journey = door.register()["Journey"]["Id"]
    door.complete(journey, "quick", Data=[{"Name": "Answer", "Value": "yes"}])
    time.sleep(2)
    assert mails(program, workspace, "reminder") == []


def test_managers_are_told_of_what_is_overdue_unassigned_or_endless(
    program: Program, api: httpx.Client, workspace: Workspace
) -> None:
    nobody = {
        "Key": "nobody", "Type": "Accept", "Name": "Sign", "Settings": {"Text": "I accept."},
        "Assignee": {"Kind": "Stakeholder", "DataPoint": "Answer"},
    }  # fmt: skip
    door = open_door(api, {"first": stage(form(DueIn="PT1S"), nobody)})
    answer = door.register()
    for kind, name in (("overdue", "About you"), ("unassigned", "Sign")):
        (found,) = until(lambda kind=kind: mails(program, workspace, kind), what=kind)
        assert found[0] == workspace.administrator  # there is no manager here
        assert name in found[1]
        assert f"lead {answer['Id']}" in found[2]
        assert answer["Email"] not in found[2]  # what outlives an erasure names nobody
    out = {"Name": "Out", "When": {"DataPoint": "Answer", "Operator": "IsKnown"}, "Next": "won"}
    ask = {"Type": "Decision", "Name": "?", "Default": "round", "Branches": [out]}
    endless = open_door(api, {"round": stage(wait(length="PT0S"), next="ask"), "ask": ask})
    journey = endless.register()["Journey"]["Id"]
    until(lambda: endless.journey(journey)["Status"] == "Stopped", 20)
    (found,) = until(lambda: mails(program, workspace, "loop"))
    assert f"/p/journeys/{journey}" in found[2]


@pytest.mark.parametrize("rule", ["Skip", {"GoTo": "late"}])
def test_overdue_by_its_own_rule(
    program: Program, api: httpx.Client, workspace: Workspace, rule: Any
) -> None:
    nodes = {"first": stage(form(DueIn="PT1S", WhenOverdue=rule))}
    if rule != "Skip":
        nodes["late"] = stage(form("late-form"))
    door = open_door(api, nodes)
    journey = door.register()["Journey"]["Id"]
    if rule == "Skip":
        until(lambda: door.journey(journey)["Status"] == "Completed")
    else:
        until(lambda: door.journey(journey)["Node"]["Key"] == "late")
    assert mails(program, workspace, "overdue") == []


def test_a_stakeholder_is_reminded_at_their_own_address(
    program: Program, api: httpx.Client, workspace: Workspace
) -> None:
    sign = {
        "Key": "sign", "Type": "Accept", "Name": "Sign", "Settings": {"Text": "I accept."}, "DueIn": "PT2S",
        "Remind": ["PT1S"], "Assignee": {"Kind": "Stakeholder", "Email": "boss@corp.example"},
    }  # fmt: skip
    door = open_door(api, {"first": stage(sign, {**form("own"), "Assignee": LEAD})})
    door.register()
    (found,) = until(lambda: mails(program, workspace, "reminder"))
    assert found[0] == "boss@corp.example"
    assert "About you" not in found[2]


def test_everybody_of_a_role_is_reminded(program: Program, api: httpx.Client, workspace: Workspace) -> None:
    check = {
        "Key": "check", "Type": "Approval", "Name": "Good fit?", "DueIn": "PT2S", "Remind": ["PT1S"],
        "Assignee": {"Kind": "Role", "Role": "Administrator"},
    }  # fmt: skip
    door = open_door(api, {"first": stage(check)})
    answer = door.register()
    (found,) = until(lambda: mails(program, workspace, "reminder"))
    assert found[0] == workspace.administrator
    assert "Good fit?" in found[1]
    assert f"lead {answer['Id']}" in found[2]
    assert "autologin" not in found[2]
