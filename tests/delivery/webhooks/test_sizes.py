"""A body is under 20 KB: what makes it larger is replaced by the URL where it can be read, and nothing else is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import hypothesis
import orjson
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from kohomai.delivery.webhooks.payloads import LIMIT, Happening, body
from tests.delivery.support import open_door, stage, told, until
from tests.delivery.webhooks.receiver import Receiver

URL = f"{settings.KOHOMAI_URL}/api/v1/journeys/9"
LEAD = {
    "Email": "johndoe@corp.example",
    "Firstname": "J" * 200,
    "Lastname": "Doe",
    "PhoneNumber": None,
    "Test": False,
}
NAMES = ("Inputs", "Tried", "NotTaken", "Text", "Note", "Result")

small = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from(["", "Default", "ü"])
texts = st.builds(
    lambda letter, size: letter * size,
    st.sampled_from(["x", "é", "漢", '"', "\\", "\n", "😀"]),
    st.integers(0, 25_000),
)
values = (
    small
    | texts
    | st.lists(texts, max_size=3)
    | st.dictionaries(st.sampled_from(["URL", "Name", "Value"]), texts, max_size=2)
)
payloads = st.dictionaries(st.sampled_from(NAMES), values, max_size=len(NAMES))


def happening(payload: dict[str, Any]) -> Happening:
    """Something that happened in a journey."""
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    said = orjson.dumps(payload).decode()
    return Happening(1, 2, "journey.decided", at, 3, 4, LEAD, 9, 7, said)


def whole(payload: dict[str, Any]) -> int:
    """Bytes of the body with all of this in it."""
    data = {**payload, "Lead": {"Id": 4, **LEAD}, "Journey": {"Id": 9, "Funnel": {"Id": 7}}}
    return len(
        orjson.dumps({"type": "journey.decided", "timestamp": "2026-11-23T10:00:00.000Z", "data": data})
    )


@hypothesis.settings(deadline=None)
@given(payloads)
@hypothesis.example({"Text": {"URL": "x" * 30_000}, "Note": "ü"})
def test_what_is_too_large_is_replaced_and_everything_else_stays(payload: dict[str, Any]) -> None:
    made = body(happening(payload))
    assert len(made) < LIMIT
    said = json.loads(made)
    assert said["type"] == "journey.decided"
    assert said["timestamp"] == "2026-11-23T10:00:00.000Z"
    data = said["data"]
    assert data.pop("Lead") == {"Id": 4, **LEAD}
    assert data.pop("Journey") == {"Id": 9, "Funnel": {"Id": 7}}
    assert data.keys() == payload.keys()
    replaced = {name for name in payload if data[name] != payload[name]}
    assert all(data[name] == {"URL": URL} for name in replaced)
    sizes = {name: len(orjson.dumps(payload[name])) for name in payload}
    if replaced:
        least = min(replaced, key=lambda name: sizes[name])
        assert sizes[least] >= max((sizes[name] for name in payload.keys() - replaced), default=0)
        assert whole({**data, least: payload[least]}) >= LIMIT, "it need not have been replaced"


def test_the_limit_is_of_bytes_and_exact() -> None:
    room = LIMIT - 1 - whole({"Text": ""})
    fits = {"Text": "x" * room}
    assert len(body(happening(fits))) == LIMIT - 1
    assert json.loads(body(happening(fits)))["data"]["Text"] == fits["Text"]
    assert json.loads(body(happening({"Text": "x" * (room + 1)})))["data"]["Text"] == {"URL": URL}
    assert json.loads(body(happening({"Text": "é" * (room // 2 + 1)})))["data"]["Text"] == {"URL": URL}


def test_a_receipt_that_is_too_large_is_told_by_its_url(api: httpx.Client) -> None:
    """Three answers of ten thousand characters, each seen by a branch and kept in the receipt."""
    names = [f"Story {number}" for number in range(3)]
    for name in names:
        told(api.post("datapoints", json={"Name": name, "Type": "Text"}))
    branches = [
        {"Name": name, "When": {"DataPoint": name, "Operator": "Is", "Value": "no"}, "Next": "won"}
        for name in names
    ]
    form = {
        "Key": "ask",
        "Type": "Accept",
        "Name": "Terms",
        "Assignee": {"Kind": "Lead"},
        "Settings": {"Text": "…"},
    }
    decision = {"Type": "Decision", "Name": "Which?", "Branches": branches, "Default": "then"}
    door = open_door(api, {"which": decision, "then": stage(form)})
    with Receiver() as receiver:
        told(
            api.post(
                "webhooks", json={"URL": receiver.url, "Events": ["journey.decided", "journey.stage_entered"]}
            )
        )
        data = [{"Name": name, "Value": "x" * 10_000} for name in names]
        journey = door.register(JourneyData=data)["Journey"]["Id"]
        until(lambda: len(receiver.received) == 2)
    decided, entered = sorted(receiver.received, key=lambda one: int(one.message_id.removeprefix("evt_")))
    assert len(decided.body) < LIMIT
    said = decided.json["data"]
    url = f"{settings.KOHOMAI_URL}/api/v1/journeys/{journey}"
    assert {"URL": url} in (said["Inputs"], said["Tried"])
    assert (said["Node"], said["Taken"], said["Journey"]["Id"]) == ("which", "Default", journey)
    receipt = told(api.get(url))["Decisions"][0]
    assert [len(seen["Value"]) for seen in receipt["Inputs"]] == [10_000] * 3
    assert entered.json["data"]["Node"] == "then"
