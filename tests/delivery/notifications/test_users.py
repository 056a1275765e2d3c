"""Users of the back-office are told as they want to be: at once, by a digest, or not at all; not in quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.delivery.notifications.support import Notices, accept, approve, assign, noon
from tests.delivery.support import Door, form, open_door, rows, stage, told, until

MANAGERS = {"Kind": "Role", "Role": "Manager"}
DAY = timedelta(days=1)


@pytest.fixture
def door(api: httpx.Client) -> Door:
    """Something to approve for managers, and a form for the lead."""
    return open_door(api, {"first": stage(approve("Good fit?", MANAGERS), form())})


def digest(at: str, **more: Any) -> dict[str, Any]:
    """One mail a day."""
    return {"Notifications": {"Mode": "Digest", "DigestAt": at}, **more}


def test_everybody_of_a_role_is_told_at_once_and_of_all_in_one_mail(door: Door, notices: Notices) -> None:
    users = [notices.user() for _ in range(2)]
    leads = [door.register()["Id"] for _ in range(3)]
    notices.relayed()
    for user in users:
        row = notices.row(person=f"user-{user['Id']}")
        assert (row.kind, row.events) == ("activity_waiting", 3)
        assert timedelta(seconds=50) < row.due_at - datetime.now(UTC) < timedelta(seconds=61)
    notices.pass_time()
    mails = [mail for mail in notices.wait("activity_waiting", count=2 + len(leads)) if not mail["Lead"]]
    assert sorted(mail["To"] for mail in mails) == sorted(user["Email"] for user in users)
    for mail in mails:
        assert "3 new things" in mail["Subject"]
        assert all(f"(lead {lead})" in mail["Text"] for lead in leads)
        assert "/p/tasks" in mail["Text"]
        assert "autologin" not in mail["Text"]


def test_what_somebody_else_has_done_meanwhile_is_not_told(door: Door, notices: Notices) -> None:
    user = notices.user()
    journey = door.register()["Journey"]["Id"]
    door.complete(journey, "good-fit", Result={"Approved": True})
    notices.relayed()
    notices.pass_time()
    notices.no_rows()
    assert user["Email"] not in [mail["To"] for mail in notices.mails()]


@pytest.mark.parametrize("kind", ["User", "Owner"])
def test_whoever_it_is_given_to_is_told(api: httpx.Client, notices: Notices, kind: str) -> None:
    first, second = notices.user(), notices.user()
    assignee = {"Kind": "User", "Id": first["Id"]} if kind == "User" else {"Kind": "Owner"}
    door = open_door(api, {"first": stage(assign(second), accept("Call", assignee, After=["owner"]), form())})
    journey = door.register()["Journey"]["Id"]
    one = door.wait_for(journey, "call", "InProgress")
    told_now = first if kind == "User" else second
    notices.row(person=f"user-{told_now['Id']}")
    if kind == "User":
        path = f"journeys/{journey}/activities/{one['Id']}/reassign"
        told(api.post(path, json={"Assignee": {"Kind": "User", "Id": second["Id"]}}))
        notices.row(person=f"user-{second['Id']}")
    notices.pass_time()
    (mail,) = [mail for mail in notices.wait("activity_waiting", count=2) if not mail["Lead"]]
    assert mail["To"] == second["Email"]  # the first has nothing to do any more
    assert "Call" in mail["Subject"]
    notices.no_rows()


def test_whoever_wants_to_be_told_of_nothing_is_not(door: Door, notices: Notices) -> None:
    never = notices.user(Notifications={"Mode": "Never"})
    until_now = notices.user()
    door.register()
    notices.relayed()
    notices.no_rows(person=f"user-{never['Id']}")
    notices.row(person=f"user-{until_now['Id']}")
    notices.change(until_now, Notifications={"Mode": "Never"})
    notices.no_rows(person=f"user-{until_now['Id']}")
    assert not [mail for mail in notices.mails() if not mail["Lead"]]


def test_quiet_hours_are_by_the_users_clock(door: Door, notices: Notices) -> None:
    zone, at = noon()
    quiet = {"Mode": "AtOnce", "QuietFrom": at(-2), "QuietUntil": at(3)}
    user = notices.user(TimeZone=zone, Notifications=quiet)
    person = f"user-{user['Id']}"
    door.register()
    notices.relayed()
    notices.pass_time()
    row = notices.put_off(person=person)
    end = (datetime.now(UTC) + timedelta(hours=3)).replace(second=0, microsecond=0)
    assert abs(row.due_at - end) <= timedelta(minutes=1)
    door.register()  # makes nobody look sooner
    notices.relayed()
    assert (notices.row(person=person).due_at, notices.row(person=person).events) == (row.due_at, 2)
    # Without quiet hours it is looked at now.
    notices.change(user, Notifications={"Mode": "AtOnce", "QuietFrom": None, "QuietUntil": None})
    (mail,) = until(lambda: [mail for mail in notices.mails() if mail["To"] == user["Email"]])
    assert "2 new things" in mail["Subject"]


def test_a_digest_a_day_while_something_waits(api: httpx.Client, notices: Notices) -> None:
    zone, at = noon()
    user = notices.user(TimeZone=zone, **digest(at(-2)))
    person = f"user-{user['Id']}"
    tasks = [
        approve("Late", MANAGERS, DueIn="PT1S"),
        approve("Soon", MANAGERS, DueIn="PT3H"),
        approve("Sometime", MANAGERS),
        approve("Next week", MANAGERS, DueIn="P7D"),
    ]
    door = open_door(api, {"first": stage(*tasks, form())})
    journey = door.register()["Journey"]["Id"]
    notices.relayed()
    notices.pass_time()  # today's is past: it began after that
    row = notices.put_off(person=person, kind="activity_waiting")
    assert abs(row.due_at - datetime.now(UTC) - timedelta(hours=22)) <= timedelta(minutes=1)
    assert notices.mails("digest") == []
    notices.row(person=person, kind="overdue")  # the same activity, as a matter for its managers

    notices.pass_time(back=DAY)
    (mail,) = notices.wait("digest")
    assert mail["To"] == user["Email"]
    assert "4 things" in mail["Subject"]
    order = ["Overdue:", "Late", "Due today:", "Soon", "Later:", "Next week", "Sometime", "/p/tasks"]
    places = [mail["Text"].index(word) for word in order]
    assert places == sorted(places)
    assert mail["Text"].count("Late (lead") == 1
    # It waits still: that is told the next day, and not before.
    row = notices.put_off(person=person)
    assert (row.kind, row.events) == ("activity_waiting", 0)
    assert row.due_at > datetime.now(UTC) + timedelta(hours=20)
    notices.pass_time(back=DAY)
    notices.put_off(person=person)
    assert len(notices.mails("digest")) == 1
    yesterday(notices)
    notices.pass_time(back=DAY)
    notices.wait("digest", count=2)
    # Nothing waits any more: no digest.
    for key in ("late", "soon", "sometime", "next-week"):
        door.complete(journey, key, Result={"Approved": True})
    yesterday(notices)
    notices.relayed()
    notices.pass_time(back=DAY)
    notices.no_rows(person=person)
    assert len(notices.mails("digest")) == 2
    assert [one["Kind"] for one in notices.mails() if one["To"] == user["Email"]] == ["digest"] * 2


def yesterday(notices: Notices) -> None:
    """What was told today was told yesterday."""
    sql = (
        "UPDATE delivery_email SET dedup = dedup || ' ' || id WHERE workspace_id = %s AND kind = 'digest'"
        " RETURNING id"
    )
    rows(notices.program.database_url, sql, notices.workspace.id)


def test_who_changes_to_a_digest_is_told_of_what_waits_already(door: Door, notices: Notices) -> None:
    zone, at = noon()
    user = notices.user(TimeZone=zone, Notifications={"Mode": "Never"})
    door.register()
    notices.relayed()
    notices.no_rows(person=f"user-{user['Id']}")
    notices.change(user, **digest(at(-1)))
    notices.put_off(person=f"user-{user['Id']}")
    notices.pass_time(back=DAY)
    (mail,) = notices.wait("digest")
    assert "Good fit?" in mail["Text"]
    assert "One thing waits" in mail["Subject"]


def test_times_are_told_by_the_users_clock_and_words_by_the_workspaces_language(
    api: httpx.Client, notices: Notices
) -> None:
    told(api.patch("workspace", json={"Language": "de"}))
    notices.user(TimeZone="Asia/Kolkata")
    door = open_door(api, {"first": stage(approve("Good fit?", MANAGERS, DueIn="P1D"))})
    journey = door.register()["Journey"]["Id"]
    due = datetime.fromisoformat(door.activity(journey, "good-fit")["DueAt"]) + timedelta(hours=5, minutes=30)
    notices.relayed()
    notices.pass_time()
    (mail,) = notices.wait("activity_waiting")
    assert f"{due:%H:%M} Uhr (IST)" in mail["Text"]


def test_reminders_follow_the_same_wishes(api: httpx.Client, notices: Notices) -> None:
    zone, at = noon()
    at_once, never = notices.user(), notices.user(Notifications={"Mode": "Never"})
    daily = notices.user(TimeZone=zone, **digest(at(-2)))
    quiet = notices.user(
        TimeZone=zone, Notifications={"Mode": "AtOnce", "QuietFrom": at(-2), "QuietUntil": at(2)}
    )
    check = approve("Good fit?", MANAGERS, DueIn="PT3S", Remind=["PT2S"], WhenOverdue="Skip", Required=False)
    door = open_door(api, {"first": stage(check, form())})
    door.register()
    (mail,) = notices.wait("reminder")
    assert mail["To"] == at_once["Email"]
    for user, events in ((daily, 1), (quiet, 1)):
        assert notices.put_off(person=f"user-{user['Id']}", kind="reminder").events == events
    assert notices.rows(person=f"user-{never['Id']}") == []
    assert len(notices.mails("reminder")) == 1
