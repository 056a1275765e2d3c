"""What the program sends is signed by Standard Webhooks 1.0.

The verifier below is written from the specification (standardwebhooks.com), with hmac and base64 alone: it shares no
line with the library that signs. Beside it the library's own verifies the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Iterator, Mapping

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.delivery.support import Door, form, open_door, stage, told, until
from tests.delivery.webhooks.receiver import Received, Receiver

TOLERANCE = 300
"""Seconds that a message may be old, or come from the future."""


class Unverified(Exception):
    """The message is not to be believed; says why."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> None:
    """Raises ``Unverified`` unless the message was signed with this secret, a short while ago."""
    prefix, _, encoded = secret.rpartition("_")
    if prefix != "whsec":
        raise Unverified("a secret begins with whsec_")
    key = base64.b64decode(encoded, validate=True)
    if not 24 <= len(key) <= 64:
        raise Unverified("a secret has between 24 and 64 bytes")
    message, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if "." in message or not sent_at.isascii() or not sent_at.isdigit():
        raise Unverified("the id has no full stop, the timestamp is a number of seconds")
    if abs((time.time() if now is None else now) - int(sent_at)) > TOLERANCE:
        raise Unverified("the message is too old, or from the future")
    signed = f"{message}.{sent_at}.".encode() + body
    expected = hmac.new(key, signed, hashlib.sha256).digest()
    for signature in headers["webhook-signature"].split(" "):
        version, comma, value = signature.partition(",")
        if (
            version == "v1"
            and comma
            and hmac.compare_digest(base64.b64decode(value, validate=True), expected)
        ):
            return
    raise Unverified("no signature holds")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 204."""
    with Receiver() as running:
        yield running


@pytest.fixture
def door(api: httpx.Client) -> Door:
    """A stage with a form."""
    return open_door(api, {"first": stage(form())})


def first(receiver: Receiver) -> Received:
    """The first message that comes."""
    until(lambda: receiver.received)
    return receiver.received[0]


def refused(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Neither verifier believes it."""
    with pytest.raises(Unverified):
        verify(secret, headers, body)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, dict(headers))


def test_every_message_of_a_journey_is_signed(api: httpx.Client, receiver: Receiver, door: Door) -> None:
    secret = told(api.post("webhooks", json={"URL": receiver.url}))["Secret"]
    journey = door.register(Firstname="Zoë", Lastname='漢字 \\ " </script>')["Journey"]["Id"]
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "ü" * 3_000}])
    until(lambda: "journey.completed" in [one.json["type"] for one in receiver.received])
    for one in receiver.received:
        verify(secret, one.headers, one.body)
        Webhook(secret).verify(one.body, one.headers)
        assert one.headers["content-type"] == "application/json"


def test_what_was_changed_on_the_way_is_not_believed(
    api: httpx.Client, receiver: Receiver, door: Door
) -> None:
    secret = told(api.post("webhooks", json={"URL": receiver.url}))["Secret"]
    door.register()
    one = first(receiver)
    later = str(int(one.headers["webhook-timestamp"]) + 1)
    refused(secret, one.headers, one.body + b" ")
    refused(secret, {**one.headers, "webhook-id": "evt_1"}, one.body)
    refused(secret, {**one.headers, "webhook-timestamp": later}, one.body)
    refused("whsec_" + base64.b64encode(os.urandom(32)).decode(), one.headers, one.body)
    with pytest.raises(Unverified):
        verify(secret, one.headers, one.body, now=time.time() + TOLERANCE + 5)


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_leads_own_secret_signs_what_it_is_told(receiver: Receiver, door: Door, size: int) -> None:
    secret = "whsec_" + base64.b64encode(os.urandom(size)).decode()
    door.register(WebhookInput={"URL": receiver.url, "Secret": secret})
    one = first(receiver)
    verify(secret, one.headers, one.body)
    Webhook(secret).verify(one.body, one.headers)


def test_without_one_the_workspaces_signs(api: httpx.Client, receiver: Receiver, door: Door) -> None:
    door.register(WebhookInput={"URL": receiver.url})
    verify(told(api.get("workspace"))["WebhookSecret"], first(receiver).headers, first(receiver).body)


def test_while_a_secret_is_rotated_both_sign_and_afterwards_one(
    api: httpx.Client, receiver: Receiver
) -> None:
    hook = told(api.post("webhooks", json={"URL": receiver.url}))
    path = f"webhooks/{hook['Id']}"
    new = told(api.post(f"{path}/rotate", json={"Overlap": 2}))["Secret"]
    told(api.post(f"{path}/test"))
    one = first(receiver)
    assert len(one.headers["webhook-signature"].split(" ")) == 2
    for secret in (hook["Secret"], new):
        verify(secret, one.headers, one.body)
        Webhook(secret).verify(one.body, one.headers)
    time.sleep(2)
    told(api.post(f"{path}/test"))
    until(lambda: len(receiver.received) == 2)
    verify(new, receiver.received[1].headers, receiver.received[1].body)
    refused(hook["Secret"], receiver.received[1].headers, receiver.received[1].body)


def test_each_attempt_is_signed_anew_under_the_same_id(
    api: httpx.Client, receiver: Receiver, door: Door
) -> None:
    hook = told(api.post("webhooks", json={"URL": receiver.url, "Events": ["lead.registered"]}))
    door.register()
    one = first(receiver)
    time.sleep(1.1)
    path = f"webhooks/{hook['Id']}/deliveries"
    until(lambda: told(api.get(path))["Items"][0]["Status"] == "Done")
    told(api.post(f"{path}/{told(api.get(path))['Items'][0]['Id']}/replay"))
    until(lambda: len(receiver.received) == 2)
    again = receiver.received[1]
    assert again.message_id == one.message_id
    assert again.headers["webhook-timestamp"] > one.headers["webhook-timestamp"]
    verify(hook["Secret"], again.headers, again.body)
