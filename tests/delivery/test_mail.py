"""The outbox: rendered, escaped, once."""

from __future__ import annotations

import re

import pytest

from kohomai.delivery import mail
from tests.conftest import Workspace
from tests.delivery.support import rows
from tests.support.program import Program

ITEM = {"Name": "<script>alert(1)</script>", "About": "a & b", "Due": None, "URL": None}
CONTEXTS = {
    "sign_in_link": {"URL": "http://x.example/?a=1&b=2", "Code": "123456"},
    "confirm_data": {"URL": "http://x.example/?a=1&b=2"},
    "reminder": {
        "Items": [ITEM, ITEM],
        "Count": 2,
        "More": 0,
        "URL": "http://x.example/",
        "SingleUse": True,
    },
    "overdue": {"Items": [ITEM], "Count": 60, "More": 59},
    "unassigned": {"Items": [ITEM], "Count": 1, "More": 0},
    "endpoint_disabled": {"Webhook": 7, "Reason": "Failing", "Host": "x.example", "Days": 5},
    "loop": {"Items": [ITEM], "Count": 1, "More": 0},
}


@pytest.mark.parametrize("kind", sorted(CONTEXTS))
def test_every_kind_renders_escaped(workspace: Workspace, kind: str) -> None:
    made = mail.render(workspace.id, kind=kind, to="a@b.example", context=CONTEXTS[kind])
    assert made.subject
    assert "\n" not in made.subject
    assert len(made.subject) <= mail.MAX_SUBJECT
    assert "<script" not in made.html
    assert "{{" not in made.text + made.html
    assert "{%" not in made.text + made.html
    assert not re.search(r"\n{4,}", made.text)
    if "URL" in CONTEXTS[kind]:
        assert str(CONTEXTS[kind]["URL"]) in made.text
    if "Items" in CONTEXTS[kind]:
        assert "<script>alert(1)</script>" in made.text
    if kind == "overdue":
        assert "and 59 more" in made.text


def test_a_name_cannot_bring_a_header_along(workspace: Workspace) -> None:
    item = {**ITEM, "Name": "About you\r\nBcc: all@x.example " + "x" * 400}
    made = mail.render(workspace.id, kind="overdue", to="a@b.example", context={"Items": [item], "Count": 1})
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
    assert found == [(first, "Kept", "confirm_data")]


def test_an_unknown_kind_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="no kind"):
        mail.render(workspace.id, kind="../base", to="a@b.example", context={})
