"""The examples of the reference are what webhooks are told."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from kohomai.delivery import mail
from tests.conftest import Workspace
from tests.delivery.emails.mailbox import Mailbox
from tests.delivery.emails.test_sending import ended
from tests.delivery.support import form, open_door, set_data, stage, told, until
from tests.delivery.webhooks.receiver import Receiver

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "webhooks.md"


def documented() -> dict[str, Any]:
    """The examples of the page by their type."""
    found = [
        json.loads(text)
        for text in re.findall(r"^```json\n(\{\"type\".*?)^```$", PAGE.read_text(), re.M | re.S)
    ]
    return {body["type"]: body for body in found}


def lived(api: httpx.Client, receiver: Receiver, workspace: Workspace) -> dict[str, Any]:
    """What a webhook is told of a journey in which much happens, by type (the last of each)."""
    hook = told(api.post("webhooks", json={"URL": receiver.url}))
    private = {"DataPoint": "Email is free", "Operator": "Is", "Value": True}
    door = open_door(
        api,
        {
            "first": stage(set_data(), form(), next="fit"),
            "fit": {
                "Type": "Decision",
                "Name": "Fit",
                "Branches": [{"Name": "Private", "When": private, "Next": "won"}],
                "Default": "won",
            },
        },
    )
    lead = door.register(Firstname="John", Lastname="Doe")
    journey = lead["Journey"]["Id"]
    door.wait_for(journey, "set", "Completed")
    door.register(Email=lead["Email"], Lastname="Deer")
    told(api.post(f"journeys/{journey}/data", json={"Data": [{"Name": "Answer", "Value": "maybe"}]}))
    activity = door.activity(journey, "form")["Id"]
    path = f"journeys/{journey}/activities/{activity}"
    user = told(api.get("users"))["Items"][0]["Id"]
    told(api.post(f"{path}/reassign", json={"Assignee": {"Kind": "User", "Id": user}}))
    told(api.post(f"journeys/{journey}/stop", json={"Reason": "Asked to"}))
    told(api.post(f"journeys/{journey}/restart", json={"Node": "first"}))
    door.wait_for(journey, "set", "Completed")
    activity = door.activity(journey, "form")["Id"]
    told(api.post(f"journeys/{journey}/activities/{activity}/skip", json={}))
    mailed(api, workspace, lead)
    told(api.post(f"webhooks/{hook['Id']}/test"))
    awaited = {"webhook.test", "journey.completed", "email.sent", "email.failed", "email.bounced"}
    until(lambda: awaited <= {one.json["type"] for one in receiver.received})
    return {one.json["type"]: one.json for one in receiver.received}


def always(answer: str | None) -> Callable[[str], str | None]:
    """What answers so, whoever asks."""
    return lambda _: answer


def mailed(api: httpx.Client, workspace: Workspace, lead: dict[str, Any]) -> None:
    """Three mails of the journey: one is taken, one refused, one comes back."""
    for became, recipient, data in (
        ("Sent", None, None),
        ("Failed", None, "554 5.7.1 Looks like spam"),
        ("Bounced", "550 5.1.1 No such user", None),
    ):
        with Mailbox(recipient=always(recipient), data=always(data)) as box:
            box.set(api)
            number = mail.write(
                workspace.id,
                kind="message",
                to=lead["Email"],
                context={"Subject": "Welcome", "Paragraphs": ["Hello."], "Button": None},
                lead_id=lead["Id"],
                journey_id=lead["Journey"]["Id"],
            )
            assert number is not None
            ended(api, number, became)


def test_every_example_has_the_fields_that_are_told(api: httpx.Client, workspace: Workspace) -> None:
    with Receiver() as receiver:
        real = lived(api, receiver, workspace)
    if where := os.environ.get("EXAMPLES"):
        Path(where).write_text(json.dumps(real))
    examples = documented()
    assert real.keys() == examples.keys()
    for kind, body in real.items():
        assert body["data"].keys() == examples[kind]["data"].keys(), kind
        assert (
            body["data"]["Lead"] is None
            or body["data"]["Lead"].keys() == examples[kind]["data"]["Lead"].keys()
        )
