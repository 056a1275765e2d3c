"""The examples of the reference are what webhooks are told: the same fields, of the same types.

Everything that can be told is made to happen in the real program. All that a webhook received of an event, put
together, has to be what its examples show; and every event has one.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from kohomai.journeys.event_types import WEBHOOK_EVENTS
from tests.delivery.webhooks.lives import lived
from tests.support.program import Program

DOCS = Path(__file__).resolve().parents[3] / "docs" / "reference"
NOT_YET = {"lead.merged", "lead.erased", "comment.added"}
"""Events that nothing in the product writes yet."""
FREE = {"Value", "Seen", "Conditions", "Result", "Explanation", "Attribution"}
"""Fields that hold whatever the funnel, the caller or the activity's type puts in."""
NAMES = {str: "text", bool: "yes/no", int: "number", float: "number", type(None): "null"}


def shape(values: Iterable[Any]) -> Any:
    """What JSON values have in common: the fields of their objects, what is in their lists, and else their types;
    ``null`` goes with everything."""
    kinds: set[str] = set()
    fields: dict[str, list[Any]] = defaultdict(list)
    items: list[Any] = []
    for value in values:
        if isinstance(value, dict):
            kinds.add("object")
            for name, inner in value.items():
                fields[name].append(inner)
        elif isinstance(value, list):
            kinds.add("list")
            items += value
        else:
            kinds.add(NAMES[type(value)])
    found: dict[str, Any] = {"is": sorted(kinds - {"null"})}
    if fields:
        found["fields"] = {name: "free" if name in FREE else shape(inner) for name, inner in fields.items()}
    if items:
        found["items"] = shape(items)
    return found


def examples() -> dict[str, list[Any]]:
    """The examples of the page by their type."""
    text = (DOCS / "webhooks.md").read_text()
    found: dict[str, list[Any]] = defaultdict(list)
    for block in re.findall(r"^```json\n(\{\"type\".*?)^```$", text, re.M | re.S):
        body = json.loads(block)
        found[body["type"]].append(body)
    return found


@pytest.fixture(scope="module")
def received(program: Program) -> dict[str, list[Any]]:
    """What a webhook was told, by type."""
    from tests.conftest import client_for, make_workspace

    found: dict[str, list[Any]] = defaultdict(list)
    with client_for(program, make_workspace().key) as api:
        for one in lived(program, api):
            found[one.json["type"]].append(one.json)
    return found


def test_every_event_that_there_is_has_an_example() -> None:
    assert examples().keys() == WEBHOOK_EVENTS - NOT_YET


def test_every_example_was_told_and_all_that_was_told_has_one(received: dict[str, list[Any]]) -> None:
    assert received.keys() == examples().keys()


@pytest.mark.parametrize("kind", sorted(WEBHOOK_EVENTS - NOT_YET))
def test_an_example_shows_what_is_told(received: dict[str, list[Any]], kind: str) -> None:
    assert shape(examples()[kind]) == shape(received[kind])


def test_the_table_of_events_leads_to_the_examples() -> None:
    text = (DOCS / "events.md").read_text()
    for kind in WEBHOOK_EVENTS - NOT_YET - {"webhook.test"}:
        assert f"[`{kind}`](webhooks.md#{kind.replace('.', '')})" in text
