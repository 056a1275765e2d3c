"""The outbox: rendered, escaped, once."""

from __future__ import annotations

import re

import pytest

from kohomai.delivery import mail
from tests.conftest import Workspace
from tests.delivery.support import rows
from tests.support.program import Program

ITEM = {"name": "<script>alert(1)</script>", "about": "a & b", "due": None, "url": None}
CONTEXTS = {
    "sign_in_link": {"url": "http://x.example/?a=1&b=2", "code": "123456"},
    "confirm_data": {"url": "http://x.example/?a=1&b=2"},
    "reminder": {
        "items": [ITEM, ITEM],
        "count": 2,
        "more": 0,
        "url": "http://x.example/",
        "single_use": True,
    },
    "overdue": {"items": [ITEM], "count": 60, "more": 59},
    "unassigned": {"items": [ITEM], "count": 1, "more": 0},
    "endpoint_disabled": {"webhook": 7, "reason": "Failing", "host": "x.example", "days": 5},
    "loop": {"items": [ITEM], "count": 1, "more": 0},
}


@pytest.mark.parametrize("kind", sorted(mail.KINDS))
def test_every_kind_renders_escaped(workspace: Workspace, kind: str) -> None:
    made = mail.render(workspace.id, kind=kind, to="a@b.example", context=CONTEXTS[kind])
    assert made.subject
    assert "\n" not in made.subject
    assert len(made.subject) <= mail.MAX_SUBJECT
    assert "<script" not in made.html
    assert "{{" not in made.text + made.html
    assert "{%" not in made.text + made.html
    assert not re.search(r"\n{4,}", made.text)
    if "url" in CONTEXTS[kind]:
        assert str(CONTEXTS[kind]["url"]) in made.text
    if "items" in CONTEXTS[kind]:
        assert "<script>alert(1)</script>" in made.text
    if kind == "overdue":
        assert "and 59 more" in made.text


def test_a_name_cannot_bring_a_header_along(workspace: Workspace) -> None:
    item = {**ITEM, "name": "About you\r\nBcc: all@x.example " + "x" * 400}
    made = mail.render(workspace.id, kind="overdue", to="a@b.example", context={"items": [item], "count": 1})
    assert "\r" not in made.subject
    assert "\n" not in made.subject
    assert len(made.subject) == mail.MAX_SUBJECT


def test_the_same_cause_writes_one_mail(program: Program, workspace: Workspace) -> None:
    def write() -> int | None:
        return mail.write(
            workspace.id, kind="confirm_data", to="a@b.example", context=CONTEXTS["confirm_data"],
            dedup=f"test:{workspace.id}",
        )  # fmt: skip

    first = write()
    assert first is not None
    assert write() is None
    found = rows(
        program.database_url,
        "SELECT id, status, kind FROM delivery_email WHERE workspace_id = %s",
        workspace.id,
    )
    assert found == [(first, "Waiting", "confirm_data")]


def test_an_unknown_kind_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="no kind"):
        mail.render(workspace.id, kind="../base", to="a@b.example", context={})
