"""The pages about mails name what there is, and their examples are taken."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from kohomai.delivery.emails import outbox
from kohomai.delivery.emails.kinds import CATEGORIES, EVERYWHERE, KINDS
from kohomai.delivery.emails.schedule import PAUSES
from kohomai.workspaces.services import LANGUAGES
from tests.delivery.support import told

DOCS = Path(__file__).resolve().parents[3] / "docs"
REFERENCE = (DOCS / "reference" / "e-mail-templates.md").read_text()
HOW_TO = (DOCS / "how-to" / "e-mail.md").read_text()


def all_names(value: Any) -> set[str]:
    """Every name in example values, at whatever depth."""
    if isinstance(value, Mapping):
        return set(value) | {name for one in value.values() for name in all_names(one)}
    if isinstance(value, list):
        return {name for one in value for name in all_names(one)}
    return set()


def test_every_kind_is_there_with_its_names() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", REFERENCE, re.M)
    assert {row[0] for row in rows} == set(KINDS)
    for name, meaning, category, listed in rows:
        kind = KINDS[name]
        assert meaning == kind.meaning
        assert category.strip("` ") == (kind.category or "")
        assert set(re.findall(r"`(\w+)`", listed)) == all_names(kind.names), name
    everywhere = REFERENCE.partition("## Names everywhere")[2].partition("## Kinds")[0]
    assert all_names(EVERYWHERE) <= set(re.findall(r"`(\w+)`", everywhere))


@pytest.mark.parametrize(("page", "path"), [(REFERENCE, "activity_failed/en"), (HOW_TO, "reminder/en")])
def test_the_examples_are_taken(api: httpx.Client, page: str, path: str) -> None:
    found = [json.loads(text) for text in re.findall(r"^```json\n(\{\"Subject\".*?)^```$", page, re.M | re.S)]
    assert len(found) == 1
    assert told(api.put(f"emails/templates/{path}", json=found[0]))["Changed"] is True
    shown = told(api.post(f"emails/templates/{path}/preview", json={}))
    assert "{" not in shown["Subject"] + shown["Text"]


def test_the_settings_of_the_page_are_taken(api: httpx.Client) -> None:
    (found,) = re.findall(r"^```json\n(\{\"Host\".*?)^```$", HOW_TO, re.M | re.S)
    sent = json.loads(found)
    sent["Password"] = "secret"
    shown = told(api.put("workspace/smtp", json=sent))
    assert all(shown[name] == value for name, value in sent.items() if name != "Password")
    assert api.delete("workspace/smtp").status_code == 204


def test_statuses_categories_and_the_schedule_are_named() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", HOW_TO, re.M)) - {"Status"} == set(outbox.STATUSES)
    for category in CATEGORIES:
        assert f"`{category}`" in HOW_TO
    assert "1 min, 5 min, 15 min, 1 h, 4 h and 12 h" in HOW_TO
    assert PAUSES == (60, 300, 900, 3_600, 14_400, 43_200)
    assert set(LANGUAGES) == {"en", "de", "fr"}
