"""A life in which everything happens that a webhook can be told of, lived by the real program."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

import httpx

from tests.delivery.emails.mailbox import Mailbox
from tests.delivery.service import Asked, Knows
from tests.delivery.support import Door, form, open_door, set_data, stage, told, until
from tests.delivery.webhooks.receiver import Received, Receiver
from tests.frontoffice.visitor import Visitor
from tests.support.program import Program

EMAIL = {
    "Key": "mail",
    "Type": "Email",
    "Name": "Say welcome",
    "Settings": {"Subject": "Welcome, {{ Lead.Firstname }}", "Text": "It is good to have you here."},
}
TERMS = {
    "Key": "terms",
    "Type": "Accept",
    "Name": "Terms",
    "Assignee": {"Kind": "Lead"},
    "DueIn": "PT1S",
    "Settings": {"Text": "These are the terms."},
}


def lived(program: Program, api: httpx.Client) -> list[Received]:
    """What a webhook for all events is told of three leads: one to whom much happens, and two whose mails do not
    arrive."""
    with ExitStack() as stack:
        service = stack.enter_context(Knows(knows))
        receiver = stack.enter_context(Receiver())
        box = Mailbox(recipient=refuses("gone", "550 5.1.1 Unknown"), data=refuses("full", "554 5.7.1 No"))
        stack.enter_context(box).set(api)
        visitor = stack.enter_context(Visitor(program.base_url))
        service.provider(api)
        hook = told(api.post("webhooks", json={"URL": receiver.url}))["Id"]
        door = open_door(api, nodes(service))
        _much_happens(api, door, visitor)
        for email in ("gone@corp.example", "full@corp.example"):
            door.register(Email=email)
        told(api.post(f"webhooks/{hook}/test"))
        _all_is_told(api, hook, receiver)
        return list(receiver.received)


def knows(asked: Asked) -> tuple[int, Any]:
    """The size of every company, after a while; of the calls of an activity the first is refused."""
    if asked.method == "POST":
        first = asked.headers.get("x-lead", "").startswith("john") and asked.path not in _CALLED
        _CALLED.add(asked.path)
        return (400, {}) if first else (200, {})
    time.sleep(0.5)
    return 200, {"size": 900}


_CALLED: set[str] = set()


def refuses(name: str, answer: str) -> Any:
    """Refuses an address that begins so."""
    return lambda address: answer if address.startswith(name) else None


def nodes(service: Knows) -> dict[str, Any]:
    """A decision that waits for enrichment; a stage with what runs by itself and what people do; a decision."""
    large = {"DataPoint": "Company size", "Operator": "AtLeast", "Value": 1_000}
    call = {
        "Key": "call",
        "Type": "WebhookCall",
        "Name": "Tell the shop",
        "Settings": {
            "URL": service.base + "/{{ Journey.Id }}",
            "Headers": [{"Name": "X-Lead", "Value": "{{ Lead.Email }}"}],
        },
    }
    how_large = {
        "Type": "Decision",
        "Name": "How large?",
        "WaitForData": "PT8S",
        "Branches": [{"Name": "Large", "When": large, "Next": "won"}],
        "Default": "first",
    }
    fit = {
        "Type": "Decision",
        "Name": "Good fit?",
        "Branches": [{"Name": "Large", "When": large, "Next": "won"}],
        "Default": "won",
    }
    return {
        "size": how_large,
        "first": stage(set_data(), EMAIL, call, form(), TERMS, next="fit"),
        "fit": fit,
    }


def _much_happens(api: httpx.Client, door: Door, visitor: Visitor) -> None:
    lead = door.register(
        Email="john@corp.example", Firstname="John", Lastname="Doe", PhoneNumber="+1 800 555 0175",
        Attribution={"UTMSource": "newsletter"},
    )  # fmt: skip
    journey = lead["Journey"]["Id"]
    visitor.enter(lead["ConnectionURL"])
    for key in ("set", "mail"):
        until(lambda: door.journey(journey)["Node"]["Key"] == "first")
        door.wait_for(journey, key, "Completed")
    _do(api, door, journey, "call", "retry", wait="Failed")
    door.wait_for(journey, "call", "Completed")
    door.register(Email=lead["Email"], Lastname="Deer")
    told(api.post(f"journeys/{journey}/data", json={"Data": [{"Name": "Answer", "Value": "maybe"}]}))
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])
    _do(api, door, journey, "form", "reopen")
    user = told(api.get("users"))["Items"][0]["Id"]
    _do(api, door, journey, "form", "reassign", Assignee={"Kind": "User", "Id": user})
    until(lambda: "activity.overdue" in _types(api))
    told(api.post(f"journeys/{journey}/stop", json={"Reason": "Asked to"}))
    told(api.post(f"journeys/{journey}/restart", json={"Node": "first"}))
    _publish_more(api, door)
    told(api.post(f"journeys/{journey}/move", json={"Version": 2}))
    for key in ("set", "mail", "call"):
        door.wait_for(journey, key, "Completed")
    _do(api, door, journey, "form", "skip")
    door.complete(journey, "terms", Result={"Accepted": True})
    until(lambda: door.journey(journey)["Status"] == "Completed")


def _do(
    api: httpx.Client, door: Door, journey: int, key: str, what: str, wait: str = "", **body: Any
) -> None:
    """Do something to an activity, when it has this status."""
    if wait:
        door.wait_for(journey, key, wait)
    activity = door.activity(journey, key)["Id"]
    told(api.post(f"journeys/{journey}/activities/{activity}/{what}", json=body))


def _publish_more(api: httpx.Client, door: Door) -> None:
    """Publish a version with one more activity."""
    path = f"funnels/{door.funnel}/draft"
    definition = told(api.get(path))["Draft"]
    definition["Nodes"]["first"]["Activities"].append({**form("more"), "Required": False})
    told(api.put(path, json=definition, headers={"If-Match": "*"}))
    told(api.post(f"funnels/{door.funnel}/publish", json={}))


def _types(api: httpx.Client) -> set[str]:
    return {one["Type"] for one in told(api.get("events?limit=200"))["Items"]}


def _all_is_told(api: httpx.Client, hook: int, receiver: Receiver) -> None:
    """Wait until all that has happened has come."""
    ends = {"email.bounced", "email.failed", "webhook.test", "journey.completed"}

    def done() -> bool:
        events = [one["Id"] for one in told(api.get("events?limit=200"))["Items"]]
        assert len(events) < 200
        came = {one.message_id for one in receiver.received}
        return (
            ends <= {one.json["type"] for one in receiver.received} and {f"evt_{n}" for n in events} <= came
        )

    until(done, 20.0, "all was told")
