"""The page about notices says what there is, and its examples are taken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx

from kohomai.delivery.emails.kinds import KINDS
from kohomai.delivery.notifications import matters, persons
from kohomai.workspaces.participation import MODES
from tests.delivery.notifications.support import Notices
from tests.delivery.support import told

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "explanation" / "notifications.md").read_text()


def test_the_examples_are_taken(api: httpx.Client, notices: Notices) -> None:
    workspace, user = (json.loads(found) for found in re.findall(r"^```json\n(.*?)^```$", PAGE, re.M | re.S))
    changed = told(api.patch("workspace", json=workspace))
    assert {**changed, **workspace} == changed
    made = notices.user(**user)
    assert {**made, **user} == made


def test_kinds_and_modes_are_those_that_there_are() -> None:
    told_of, _, wishes = PAGE.partition("## Users")
    kinds = {name for name in re.findall(r"`(\w+)`", told_of) if name in KINDS}
    assert kinds == {*matters.KINDS, matters.COMPLETED, "activity_waiting", "reminder", "digest"}
    assert set(re.findall(r"^\| `(\w+)` \| [A-Z]", wishes, re.M)) == set(MODES)
    assert {persons.DIGEST, persons.NEVER} < set(MODES)
