"""The owner of a lead is told where its journey has ended."""

from __future__ import annotations

from typing import Any

import httpx

from tests.delivery.notifications.support import Notices, assign, noon
from tests.delivery.notifications.test_users import DAY, digest
from tests.delivery.support import Door, form, open_door, stage


def owned_by(api: httpx.Client, user: dict[str, Any]) -> Door:
    """A funnel whose leads are this user's."""
    return open_door(api, {"first": stage(assign(user), form(After=["owner"]))})


def end(door: Door, **lead: Any) -> dict[str, Any]:
    """A journey that comes to its end."""
    answer = door.register(**lead)
    journey = answer["Journey"]["Id"]
    door.wait_for(journey, "form", "InProgress")
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])
    return answer


def test_at_once(api: httpx.Client, notices: Notices) -> None:
    owner, _ = notices.user(), notices.user()
    answer = end(owned_by(api, owner), Firstname="Ada", Lastname="Lovelace")
    (mail,) = notices.wait("journey_completed")
    assert mail["To"] == owner["Email"]
    assert mail["Journey"] == {"Id": answer["Journey"]["Id"]}
    assert "Converted" in mail["Subject"]
    assert f"Ada Lovelace ({answer['Email']})" in mail["Text"]
    assert f"/p/journeys/{answer['Journey']['Id']}" in mail["Text"]


def test_by_their_digest_or_not_at_all(api: httpx.Client, notices: Notices) -> None:
    zone, at = noon()
    never, daily = (
        notices.user(Notifications={"Mode": "Never"}),
        notices.user(TimeZone=zone, **digest(at(-2))),
    )
    end(owned_by(api, never))
    answer = end(owned_by(api, daily))
    notices.row(person=f"user-{daily['Id']}", kind="journey_completed")
    notices.relayed()
    notices.pass_time(back=DAY)
    (mail,) = notices.wait("digest")
    assert mail["To"] == daily["Email"]
    assert mail["Subject"].startswith("Journeys have ended")
    assert f"(lead {answer['Id']}): Converted" in mail["Text"]
    assert notices.rows(person=f"user-{never['Id']}") == []
    assert notices.mails("journey_completed") == []


def test_nobody_is_told_of_a_lead_without_an_owner(api: httpx.Client, notices: Notices) -> None:
    door = open_door(api, {"first": stage(form())})
    journey = door.register()["Journey"]["Id"]
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])
    notices.relayed()
    assert notices.rows(kind="journey_completed") == []
