"""The text on screen, and the box to tick under it. The box is never ticked beforehand."""

from __future__ import annotations

from collections.abc import Mapping

from kohomai.activities.accept.type import AcceptSettings
from kohomai.activities.screens import Field, Problem, Refused, Reply, View, Viewer
from kohomai.engine.values import Value


def present(
    settings: AcceptSettings, known: Mapping[int, Value], viewer: Viewer, sent: Mapping[str, str] | None
) -> View:
    """The text, its version and the box."""
    box = Field(
        "accepted", "check", settings.label or "", required=True, value=(sent or {}).get("accepted", "")
    )
    return View((box,), {"text": settings.text, "version": settings.version or ""})


def read_form(
    settings: AcceptSettings, known: Mapping[int, Value], viewer: Viewer, sent: Mapping[str, str]
) -> Reply:
    """Accepted, when the box is ticked. Raises ``Refused``."""
    if sent.get("accepted") != "yes":
        raise Refused([Problem("accepted", "NotAccepted", "Tick the box to accept.")])
    return Reply(result={"Accepted": True})
