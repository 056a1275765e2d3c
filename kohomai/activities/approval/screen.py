"""The question on screen, for a stakeholder who approves: yes or no, and why."""

from __future__ import annotations

from collections.abc import Mapping

from kohomai.activities.approval.type import ApprovalSettings
from kohomai.activities.screens import Field, Problem, Refused, Reply, View, Viewer
from kohomai.engine.values import Value


def present(
    settings: ApprovalSettings, known: Mapping[int, Value], viewer: Viewer, sent: Mapping[str, str] | None
) -> View:
    """The question, and room for a comment."""
    typed = sent or {}
    answer = Field(
        "approved", "yesno", settings.question or "", required=True, value=typed.get("approved", "")
    )
    comment = Field("comment", "text", "", value=typed.get("comment", ""))
    return View((answer, comment))


def read_form(
    settings: ApprovalSettings, known: Mapping[int, Value], viewer: Viewer, sent: Mapping[str, str]
) -> Reply:
    """Yes or no, with the comment where there is one. Raises ``Refused``."""
    if sent.get("approved") not in ("yes", "no"):
        raise Refused([Problem("approved", "Required", "Say yes or no.")])
    result: dict[str, bool | str] = {"Approved": sent["approved"] == "yes"}
    if comment := sent.get("comment", "").replace("\r\n", "\n").strip():
        result["Comment"] = comment
    return Reply(result=result)
