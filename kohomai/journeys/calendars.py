"""Whether a workspace counts in working days, as the engine wants to know it."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

from kohomai.engine.workdays import Calendar
from kohomai.workspaces.services import WorkspaceSettings


def calendar_of(workspace: WorkspaceSettings) -> Calendar | None:
    """The workspace's calendar; ``None`` where durations are plain."""
    return _calendar(workspace.time_zone) if workspace.working_days else None


@lru_cache(maxsize=1_024)
def _calendar(time_zone: str) -> Calendar:
    return Calendar(ZoneInfo(time_zone))
