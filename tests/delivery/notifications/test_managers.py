"""What managers are told of follows each manager's wishes: what is overdue, unassigned, failed or endless."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kohomai.activities import registry
from kohomai.delivery import relay, runs
from tests.delivery.notifications.support import Notices, accept, noon
from tests.delivery.notifications.test_users import DAY, digest
from tests.delivery.support import form, open_door, rows, set_data, stage, told, until, worker_paused
from tests.support.program import Program

NOBODY = accept("Sign", {"Kind": "Stakeholder", "DataPoint": "Answer"})


def test_at_once_by_a_digest_or_not_at_all(api: httpx.Client, notices: Notices) -> None:
    zone, at = noon()
    at_once, never = notices.user(), notices.user(Notifications={"Mode": "Never"})
    daily = notices.user(TimeZone=zone, **digest(at(-2)))
    door = open_door(api, {"first": stage(form(DueIn="PT1S"), NOBODY)})
    answer = door.register()
    for kind, name in (("unassigned", "Sign"), ("overdue", "About you")):
        (mail,) = notices.wait(kind)  # administrators are not told where there are managers
        assert mail["To"] == at_once["Email"]
        assert name in mail["Subject"]
        assert mail["Journey"] == {"Id": answer["Journey"]["Id"]}
        assert notices.row(person=f"user-{daily['Id']}", kind=kind).events == 1
    assert notices.rows(person=f"user-{never['Id']}") == []
    notices.pass_time(back=DAY)
    (mail,) = notices.wait("digest")
    assert mail["To"] == daily["Email"]
    assert "2 things" in mail["Subject"]
    assert f"Sign (lead {answer['Id']}): assigned to nobody" in mail["Text"]
    assert mail["Text"].index("Overdue:") < mail["Text"].index("About you") < mail["Text"].index("Sign")
    notices.no_rows(person=f"user-{daily['Id']}")


def test_a_digest_leaves_out_what_is_seen_to(api: httpx.Client, notices: Notices) -> None:
    zone, at = noon()
    daily = notices.user(TimeZone=zone, **digest(at(-2)))
    door = open_door(api, {"first": stage(form(DueIn="PT1S"), NOBODY)})
    journey = door.register()["Journey"]["Id"]
    notices.row(person=f"user-{daily['Id']}", kind="overdue")
    door.complete(
        journey, "form", Data=[{"Name": "Answer", "Value": "boss@corp.example"}]
    )  # assigns the other
    notices.pass_time(back=DAY)
    notices.no_rows(person=f"user-{daily['Id']}")
    assert notices.mails("digest") == []


def test_what_has_failed_is_told_with_the_reason(
    program: Program, api: httpx.Client, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(settings: Any, facts: Any) -> Any:
        raise RuntimeError("no reason that may be told")

    zone, at = noon()
    at_once, daily = notices.user(), notices.user(TimeZone=zone, **digest(at(-2)))
    door = open_door(api, {"first": stage(set_data(), form())})
    with worker_paused(program):
        journey = door.register()["Journey"]["Id"]
        planned = "SELECT 1 FROM delivery_activityrun WHERE journey_id = %s"
        until(lambda: relay.step() and rows(program.database_url, planned, journey), 20)
        monkeypatch.setattr(registry["SetData"], "pauses", ())
        monkeypatch.setattr(registry["SetData"], "run_pure", broken, raising=False)
        for run in runs.claim(50):
            if run.journey_id == journey:
                runs.carry_out(run)
    (mail,) = notices.wait("activity_failed")
    assert mail["To"] == at_once["Email"]
    assert "Set" in mail["Subject"]
    assert "RuntimeError" in mail["Text"]
    notices.row(person=f"user-{daily['Id']}", kind="activity_failed")
    notices.pass_time(back=DAY)
    (mail,) = notices.wait("digest")
    assert ": failed (RuntimeError)" in mail["Text"]
    # What is tried again, or skipped, is nobody's matter any more.
    failed = door.activity(journey, "set")["Id"]
    told(api.post(f"journeys/{journey}/activities/{failed}/skip", json={}))
