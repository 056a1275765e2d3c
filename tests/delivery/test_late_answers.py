"""An answer that comes when its run of the activity is over counts neither for the next run nor against it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from kohomai.journeys import automatic
from tests.conftest import Workspace
from tests.delivery.support import Door, form, open_door, stage, told, until
from tests.delivery.test_webhook_call import call
from tests.delivery.webhooks.receiver import Received, Receiver, say


class Held(Receiver):
    """A receiver that keeps each call waiting until it is told what to answer."""

    def __init__(self) -> None:
        super().__init__(self._wait)
        self.said = [threading.Event() for _ in range(4)]
        self.words = [say(200)] * 4

    def say(self, number: int, status: int, segment: str) -> None:
        """Answer the call of this number."""
        self.words[number] = say(status, f'{{"segment": "{segment}"}}'.encode())
        self.said[number].set()

    def _wait(self, handler: BaseHTTPRequestHandler, received: Received) -> None:
        number = next(place for place, one in enumerate(self.received) if one is received)
        self.said[number].wait(10)
        self.words[number](handler, received)


@pytest.fixture
def held() -> Iterator[Held]:
    with Held() as receiver:
        yield receiver
        for one in receiver.said:
            one.set()


def open_held(api: httpx.Client, held: Held) -> Door:
    take = [{"DataPoint": "Segment", "Path": "$.segment"}]
    calling = {**call(held.url, Take=take, TimeLimit="PT10S"), "After": ["form"]}
    return open_door(api, {"first": stage(form(), calling, form("last"))})


def segment(door: Door, journey: int) -> object:
    """What has been taken of an answer."""
    data = {item["Name"]: item["Value"] for item in door.journey(journey)["Data"]}
    return data.get("Segment")


@pytest.mark.parametrize("status", [200, 404])
def test_of_what_was_reopened_since(api: httpx.Client, held: Held, status: int) -> None:
    door = open_held(api, held)
    journey = door.register()["Journey"]["Id"]
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "before"}])
    until(lambda: len(held.received) == 1)
    asked = door.activity(journey, "form")["Id"]
    told(api.post(f"journeys/{journey}/activities/{asked}/reopen", json={}))
    assert door.activity(journey, "call")["Status"] == "Blocked"
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "after"}])
    until(lambda: len(held.received) == 2)

    held.say(0, status, "Old")
    time.sleep(1)
    assert door.activity(journey, "call")["Status"] == "InProgress"
    held.say(1, 200, "New")
    door.wait_for(journey, "call", "Completed")
    assert segment(door, journey) == "New"
    before, after = (one.headers["idempotency-key"] for one in held.received)
    assert before != after


@pytest.mark.parametrize("status", [200, 404])
def test_of_what_a_manager_has_had_run_again(
    api: httpx.Client, workspace: Workspace, held: Held, status: int
) -> None:
    door = open_held(api, held)
    journey = door.register()["Journey"]["Id"]
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "x"}])
    until(lambda: len(held.received) == 1)
    # Another worker has taken it over, since the first was held up, and has given it up.
    automatic.fail(workspace.id, journey, ("call", 1, 1, 0), error="It answered 500.")
    failed = door.activity(journey, "call")["Id"]
    told(api.post(f"journeys/{journey}/activities/{failed}/retry", json={}))
    until(lambda: len(held.received) == 2)

    held.say(0, status, "Old")
    time.sleep(1)
    assert door.activity(journey, "call")["Status"] == "InProgress"
    held.say(1, 200, "New")
    door.wait_for(journey, "call", "Completed")
    assert segment(door, journey) == "New"


@pytest.mark.parametrize("what", ["skip", "stop"])
def test_of_what_nobody_waits_for_any_more(api: httpx.Client, held: Held, what: str) -> None:
    door = open_held(api, held)
    journey = door.register()["Journey"]["Id"]
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "x"}])
    until(lambda: len(held.received) == 1)
    if what == "skip":
        activity = door.activity(journey, "call")["Id"]
        told(api.post(f"journeys/{journey}/activities/{activity}/skip", json={}))
    else:
        told(api.post(f"journeys/{journey}/stop", json={"Reason": "Enough"}))
    stands = door.journey(journey)
    held.say(0, 200, "Old")
    time.sleep(1)
    assert door.journey(journey) == stands
    assert len(held.received) == 1
