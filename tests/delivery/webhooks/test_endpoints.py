"""Endpoints of a workspace, told of what happens."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.delivery.support import Door, form, open_door, rows, set_data, stage, told, until
from tests.delivery.webhooks.receiver import Receiver, holds, say
from tests.support.program import Program


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 204 until told otherwise."""
    with Receiver() as running:
        yield running


@pytest.fixture
def door(api: httpx.Client) -> Door:
    """A stage with an automatic activity and a form."""
    return open_door(api, {"first": stage(set_data(), form())})


def make(api: httpx.Client, receiver: Receiver, **more: Any) -> dict[str, Any]:
    """A webhook at the receiver."""
    found: dict[str, Any] = told(api.post("webhooks", json={"URL": receiver.url, **more}))
    return found


def types(receiver: Receiver) -> list[str]:
    """The types of what came."""
    return [one.json["type"] for one in receiver.received]


def leads(receiver: Receiver) -> list[int]:
    """Whom what came is about."""
    return [one.json["data"]["Lead"]["Id"] for one in receiver.received]


def deliveries(api: httpx.Client, hook: dict[str, Any]) -> list[dict[str, Any]]:
    """The log of a webhook."""
    items: list[dict[str, Any]] = told(api.get(f"webhooks/{hook['Id']}/deliveries?limit=200"))["Items"]
    return items


def make_due(program: Program, hook: dict[str, Any]) -> None:
    """Let the time of all waiting deliveries come."""
    sql = "UPDATE delivery_webhookdelivery SET next_at = now() WHERE webhook_id = %s AND status = 'Waiting'"
    rows(program.database_url, sql, hook["Id"])


def test_what_happens_is_told_signed_and_in_order(api: httpx.Client, receiver: Receiver, door: Door) -> None:
    hook = make(api, receiver)
    answer = door.register(Firstname="John")
    journey = answer["Journey"]["Id"]
    door.wait_for(journey, "set", "Completed")
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])
    until(lambda: "journey.completed" in types(receiver))
    for one in receiver.received:
        assert Webhook(hook["Secret"]).verify(one.body, one.headers) == one.json
        assert holds(one, hook["Secret"])
        assert len(one.body) < 20_000
        data = one.json["data"]
        assert data["Lead"]["Id"] == answer["Id"]
        assert data["Lead"]["Email"] == answer["Email"]
        assert data["Lead"]["Firstname"] == "John"
        assert data["Journey"] is None or data["Journey"]["Id"] == journey
    numbers = [int(one.message_id.removeprefix("evt_")) for one in receiver.received]
    assert numbers == sorted(set(numbers))
    assert types(receiver)[0] == "lead.registered"
    assert types(receiver)[-1] == "journey.completed"
    until(lambda: {one["Status"] for one in deliveries(api, hook)} == {"Done"})


def test_only_the_events_asked_for_are_told(api: httpx.Client, receiver: Receiver, door: Door) -> None:
    make(api, receiver, Events=["journey.started"])
    door.register()
    until(lambda: receiver.received)
    time.sleep(0.5)
    assert types(receiver) == ["journey.started"]


def test_a_test_event_is_told_whatever_the_filter(api: httpx.Client, receiver: Receiver) -> None:
    hook = make(api, receiver, Events=["journey.completed"])
    delivery = api.post(f"webhooks/{hook['Id']}/test")
    assert delivery.status_code == 202
    until(lambda: receiver.received)
    assert receiver.received[0].json["type"] == "webhook.test"
    assert holds(receiver.received[0], hook["Secret"])
    path = f"webhooks/{hook['Id']}/deliveries/{delivery.json()['Id']}"
    done = until(lambda: (found := told(api.get(path)))["Status"] == "Done" and found)
    assert done["Attempts"][0]["Answer"] == {"Status": 204, "Body": ""}
    assert done["Attempts"][0]["Request"]["Body"].encode() == receiver.received[0].body


def test_both_secrets_sign_while_one_is_being_rotated(api: httpx.Client, receiver: Receiver) -> None:
    hook = make(api, receiver)
    rotated = told(api.post(f"webhooks/{hook['Id']}/rotate", json={"Overlap": 3600}))
    assert rotated["Secret"] != hook["Secret"]
    told(api.post(f"webhooks/{hook['Id']}/test"))
    until(lambda: receiver.received)
    for secret in (hook["Secret"], rotated["Secret"]):
        assert holds(receiver.received[0], secret)
        Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)


def test_a_failing_one_follows_its_schedule_and_the_later_ones_go_on(
    program: Program, api: httpx.Client, receiver: Receiver, door: Door
) -> None:
    hook = make(api, receiver)

    def refuse_the_first(handler: Any, received: Any) -> None:
        say(500 if received.json["type"] == "lead.registered" else 204, b"no")(handler, received)

    receiver.answer = refuse_the_first
    door.register()
    until(lambda: "activity.completed" in types(receiver))
    first = until(lambda: (found := deliveries(api, hook)[0])["Tries"] == 1 and found)
    assert (first["Status"], first["AnswerStatus"]) == ("Waiting", 500)
    for tries in range(2, 9):
        make_due(program, hook)
        until(lambda tries=tries: deliveries(api, hook)[0]["Tries"] == tries, what=f"{tries} tries")
    assert deliveries(api, hook)[0]["Status"] == "GivenUp"
    assert {one["Status"] for one in deliveries(api, hook)[1:]} == {"Done"}
    assert len({one.message_id for one in receiver.received if one.json["type"] == "lead.registered"}) == 1
    receiver.answer = say(204)
    told(api.post(f"webhooks/{hook['Id']}/deliveries/{first['Id']}/replay"))
    until(lambda: deliveries(api, hook)[0]["Status"] == "Done")


def test_gone_disables_at_once_and_a_replay_tells_what_was_missed(
    api: httpx.Client, receiver: Receiver, door: Door
) -> None:
    hook = make(api, receiver, Events=["lead.registered"])
    receiver.answer = say(410)
    door.register()
    path = f"webhooks/{hook['Id']}"
    shown = until(lambda: (found := told(api.get(path)))["Disabled"] and found)
    assert shown["DisabledReason"] == "Gone"
    mails = told(api.get("emails?Kind=endpoint_disabled"))["Items"]
    assert len(mails) == 1
    missed = door.register()
    time.sleep(0.5)
    assert len(receiver.received) == 1
    assert api.post(f"{path}/test").status_code == 409
    receiver.answer = say(204)
    assert not told(api.patch(path, json={"Disabled": False}))["Disabled"]
    assert api.post(f"{path}/replay", json={"Since": hook["createdDate"]}).status_code == 202
    until(lambda: len(receiver.received) == 3)
    assert missed["Id"] in leads(receiver)


def test_retry_after_is_respected(api: httpx.Client, receiver: Receiver, door: Door) -> None:
    hook = make(api, receiver, Events=["lead.registered"])
    receiver.answer = say(429, Retry_After="7200")
    door.register()
    first = until(lambda: (found := deliveries(api, hook)) and found[0]["Tries"] == 1 and found[0])
    assert first["NextAt"] > hook["createdDate"]
    wait = datetime.fromisoformat(first["NextAt"]) - datetime.fromisoformat(first["createdDate"])
    assert 7_100 < wait.total_seconds() < 7_400


def test_five_days_of_failures_disable_it(
    program: Program, api: httpx.Client, receiver: Receiver, door: Door
) -> None:
    hook = make(api, receiver, Events=["lead.registered"])
    receiver.answer = say(500)
    door.register()
    until(lambda: told(api.get(f"webhooks/{hook['Id']}"))["FailingSince"])
    sql = "UPDATE delivery_webhookendpoint SET failing_since = now() - interval '121 hours' WHERE id = %s"
    rows(program.database_url, sql, hook["Id"])
    make_due(program, hook)
    shown = until(lambda: (found := told(api.get(f"webhooks/{hook['Id']}")))["Disabled"] and found)
    assert shown["DisabledReason"] == "Failing"
    assert len(told(api.get("emails?Kind=endpoint_disabled"))["Items"]) == 1


def test_a_redirect_is_a_failure_and_not_followed(api: httpx.Client, receiver: Receiver, door: Door) -> None:
    hook = make(api, receiver, Events=["lead.registered"])
    receiver.answer = say(302, Location=f"http://127.0.0.1:{receiver.port}/elsewhere")
    door.register()
    first = until(lambda: (found := deliveries(api, hook)) and found[0]["Tries"] == 1 and found[0])
    assert (first["Status"], first["AnswerStatus"]) == ("Waiting", 302)
    assert [one.path for one in receiver.received] == ["/hook"]


def test_a_leads_own_webhook_is_signed_with_the_workspaces_secret(
    api: httpx.Client, receiver: Receiver, door: Door
) -> None:
    answer = door.register(WebhookInput={"URL": receiver.url, "Events": ["journey.started"]})
    door.register()
    until(lambda: receiver.received)
    time.sleep(0.3)
    assert [one.json["data"]["Lead"]["Id"] for one in receiver.received] == [answer["Id"]]
    assert holds(receiver.received[0], told(api.get("workspace"))["WebhookSecret"])


def test_a_receiver_that_resets_or_answers_garbage_is_tried_again(
    program: Program, api: httpx.Client, receiver: Receiver, door: Door
) -> None:
    def reset(handler: Any, received: Any) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True

    def rubbish(handler: Any, received: Any) -> None:
        handler.wfile.write(b"\0\xff nonsense\r\n\r\n")
        handler.close_connection = True

    def flood(handler: Any, received: Any) -> None:
        say(200, b"x\0\xff" * 3_000)(handler, received)

    hook = make(api, receiver, Events=["lead.registered"])
    receiver.answer = reset
    door.register()
    for tries, answer in enumerate([rubbish, flood], start=1):
        until(lambda tries=tries: (found := deliveries(api, hook)) and found[0]["Tries"] == tries)
        receiver.answer = answer
        make_due(program, hook)
    until(lambda: deliveries(api, hook)[0]["Status"] == "Done")
    path = f"webhooks/{hook['Id']}/deliveries/{deliveries(api, hook)[0]['Id']}"
    attempts = told(api.get(path))["Attempts"]
    assert [one["Error"] for one in attempts] == [
        "The connection was closed before there was an answer.",
        "What it answered is not HTTP.",
        None,
    ]
    kept = attempts[2]["Answer"]
    assert kept["Status"] == 200
    assert kept["Body"] == ("x\ufffd\ufffd" * 3_000)[:4_096]
