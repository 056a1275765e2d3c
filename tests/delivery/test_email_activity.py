"""An E-mail activity writes a message with data in it, once, in the language of whoever gets it."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.conftest import Workspace
from tests.delivery.support import Door, form, open_door, stage, told


def email(**settings: Any) -> dict[str, Any]:
    """The activity."""
    says = {
        "Subject": "Welcome, {{ Lead.Firstname }}",
        "Text": "You are {{ Data.Segment }}.\n\nSoon <b>more</b>.",
    }
    return {"Key": "mail", "Type": "Email", "Name": "Say welcome", "Settings": {**says, **settings}}


def written(api: httpx.Client, door: Door, **body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The mail that is written for a new lead, and the lead's registration."""
    answer = door.register(**body)
    done = door.wait_for(answer["Journey"]["Id"], "mail", "Completed")
    return told(api.get(f"emails/{done['Explanation']['Email']['Id']}")), answer


def test_it_writes_to_the_lead_with_data_in_it(api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(email(Button="Go on"), form())})
    mail, answer = written(
        api, door, Firstname="Ada & <i>Co</i>", JourneyData=[{"Name": "Segment", "Value": "<u>Gold</u>"}]
    )
    assert mail["To"] == answer["Email"]
    assert mail["Subject"] == "Welcome, Ada & <i>Co</i>"
    assert "You are <u>Gold</u>." in mail["Text"]
    assert "&lt;u&gt;Gold&lt;/u&gt;" in mail["HTML"]
    assert "&lt;b&gt;more&lt;/b&gt;" in mail["HTML"]
    assert mail["Journey"] == {"Id": answer["Journey"]["Id"]}
    link = re.search(r"http://\S+autologin\?UUID=\S+", mail["Text"])
    assert link
    assert httpx.get(link[0]).status_code == 200


def test_it_speaks_the_leads_language(api: httpx.Client) -> None:
    german = {"Subject": "Willkommen", "Text": "Schön, dass Sie da sind."}
    door = open_door(api, {"first": stage(email(Translations={"de": german}), form())})
    mail, _ = written(api, door, JourneyData=[{"Name": "Language", "Value": "de"}])
    assert (mail["Subject"], mail["Language"]) == ("Willkommen", "de")
    mail, _ = written(api, door, Firstname="Ada")
    assert mail["Subject"] == "Welcome, Ada"


def test_it_writes_to_the_owner_or_to_whom_a_data_point_names(
    api: httpx.Client, workspace: Workspace
) -> None:
    owner = {
        "Key": "owner", "Type": "AssignOwner", "Name": "Owner",
        "Settings": {"Mode": "RoundRobin", "Role": "Administrator"},
    }  # fmt: skip
    to_owner = {**email(To={"Kind": "Owner"}), "After": ["owner"]}
    door = open_door(api, {"first": stage(owner, to_owner, form())})
    mail, _ = written(api, door)
    assert mail["To"] == workspace.administrator
    boss = email(To={"Kind": "Stakeholder", "DataPoint": "Answer"})
    door = open_door(api, {"first": stage(boss, form())})
    mail, _ = written(api, door, JourneyData=[{"Name": "Answer", "Value": "boss@corp.example"}])
    assert mail["To"] == "boss@corp.example"


def test_without_an_address_it_waits_for_a_manager(api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(email(To={"Kind": "Owner"}), form())})
    journey = door.register()["Journey"]["Id"]
    failed = door.wait_for(journey, "mail", "Failed")
    assert failed["Error"] == "The lead has no owner yet."
    told(api.post(f"journeys/{journey}/activities/{failed['Id']}/skip", json={}))
    assert door.activity(journey, "mail")["Status"] == "Skipped"


def test_a_message_can_be_unsubscribed_from_unless_it_is_necessary(api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(email(), form())})
    mail, _ = written(api, door)
    assert "/u/" in mail["Text"]
    door = open_door(api, {"first": stage(email(Necessary=True), form())})
    mail, _ = written(api, door)
    assert "/u/" not in mail["Text"]


def test_one_that_is_too_long_says_so_and_says_nothing_else(api: httpx.Client) -> None:
    long = "\n\n".join(["{{ Data.Segment }}"] * 6)
    door = open_door(api, {"first": stage(email(Text=long), form())})
    answer = door.register(JourneyData=[{"Name": "Segment", "Value": "&" * 10_000}])
    failed = door.wait_for(answer["Journey"]["Id"], "mail", "Failed")
    assert failed["Error"] == "The mail cannot be filled in: output stream limit reached (line 1)."
    assert "mail" not in {one["Kind"] for one in told(api.get("emails"))["Items"]}
