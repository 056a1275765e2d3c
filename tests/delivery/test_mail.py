"""Mails are rendered when they are written: in three languages, escaped, once."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from kohomai.delivery import mail
from kohomai.delivery.emails.kinds import KINDS
from kohomai.workspaces.services import LANGUAGES
from tests.conftest import Workspace
from tests.delivery.support import form, open_door, rows, stage, told
from tests.support.program import Program

EVIL = "<script>alert(1)</script>"
LINK = {"URL": "http://x.example/?a=1&b=2"}


def hostile(value: Any) -> Any:
    """The example values, with something hostile in the place of every text."""
    if isinstance(value, dict):
        return {name: hostile(one) for name, one in value.items()}
    if isinstance(value, list):
        return [hostile(one) for one in value]
    return f"{value} {EVIL}" if isinstance(value, str) else value


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_renders_escaped(workspace: Workspace, kind: str, language: str) -> None:
    values = hostile(dict(KINDS[kind].names))
    made = mail.render(workspace.id, kind=kind, to="a@b.example", language=language, context=values)
    assert made.language == language
    assert made.broken is None
    assert made.subject
    assert "\n" not in made.subject
    assert len(made.subject) <= mail.MAX_SUBJECT
    assert "<script" not in made.html
    assert EVIL in made.text
    for part in (made.subject, made.text, made.html):
        assert not re.search(r"{{|{%|{#|\bNone\b|<!--content", part)
    assert not re.search(r"\n{4,}", made.text)
    assert f'lang="{language}"' in made.html
    assert ("/u/" in made.text) == ("/u/" in made.html) == (KINDS[kind].category is not None)


def test_the_languages_say_different_things(workspace: Workspace) -> None:
    for kind in set(KINDS) - {"message"}:
        found = {
            mail.render(
                workspace.id, kind=kind, to="a@b.example", language=one, context=KINDS[kind].names
            ).text
            for one in LANGUAGES
        }
        assert len(found) == len(LANGUAGES), kind


def test_moments_are_said_by_language_and_in_the_zone_of_the_workspace(
    api: httpx.Client, workspace: Workspace
) -> None:
    told(api.patch("workspace", json={"TimeZone": "Europe/Berlin", "Language": "fr"}))
    time.sleep(5.1)  # what a process remembers of a workspace
    item = {"Name": "About you", "Due": datetime(2026, 3, 2, 9, 30, tzinfo=UTC)}
    values = {"Items": [item], "Count": 1, "More": 0, "URL": None, "SingleUse": False}

    def said(language: str | None) -> str:
        return mail.render(
            workspace.id, kind="reminder", to="a@b.example", language=language, context=values
        ).text

    assert "due Monday, 2 March 2026, 10:30 CET" in said("en")
    assert "fällig: Montag, 2. März 2026, 10:30 Uhr (CET)" in said("de-AT")
    assert "échéance : lundi 2 mars 2026 à 10:30 (CET)" in said(None)
    assert "échéance : " in said("nl")


def test_a_lead_is_written_to_in_their_language(
    api: httpx.Client, workspace: Workspace, program: Program
) -> None:
    door = open_door(api, {"first": stage(form())})
    lead = door.register(JourneyData=[{"Name": "Language", "Value": "de-CH"}])
    for to in (lead["Email"], "colleague@corp.example"):
        mail.write(workspace.id, kind="confirm_data", to=to, context=LINK, lead_id=lead["Id"])
    sql = "SELECT language FROM delivery_email WHERE workspace_id = %s ORDER BY id"
    assert rows(program.database_url, sql, workspace.id) == [("de",), ("en",)]


def test_a_name_cannot_bring_a_header_along(workspace: Workspace) -> None:
    item = {"Name": "About you\r\nBcc: all@x.example " + "x" * 400}
    values = {"Items": [item], "Count": 1, "More": 0}
    made = mail.render(workspace.id, kind="overdue", to="a@b.example", context=values)
    assert "\r" not in made.subject
    assert "\n" not in made.subject
    assert len(made.subject) == mail.MAX_SUBJECT


def test_the_same_cause_writes_one_mail(program: Program, workspace: Workspace) -> None:
    def write() -> int | None:
        return mail.write(
            workspace.id, kind="confirm_data", to="a@b.example", context=LINK, dedup=f"test:{workspace.id}"
        )

    first = write()
    assert first is not None
    assert write() is None
    sql = "SELECT id, status, kind FROM delivery_email WHERE workspace_id = %s"
    assert rows(program.database_url, sql, workspace.id) == [(first, "Kept", "confirm_data")]


def test_an_unknown_kind_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="no kind"):
        mail.render(workspace.id, kind="../layout", to="a@b.example", context={})


def test_rendering_is_cheap(workspace: Workspace) -> None:
    """The relay renders in its transaction: well under 2 ms for one mail, of the processor's time."""

    def write() -> None:
        mail.render(workspace.id, kind="reminder", to="a@b.example", context=KINDS["reminder"].names)

    write()
    began = time.process_time()
    for _ in range(100):
        write()
    assert (time.process_time() - began) / 100 < 0.002
