"""Approval: the assignee says yes or no, and why."""

from __future__ import annotations

from collections.abc import Mapping

from kohomai.activities.base import BaseType, Settings, Text
from kohomai.engine.errors import Fault
from kohomai.engine.values import Value, ValueType


class ApprovalSettings(Settings):
    """What is asked."""

    question: Text | None = None


class Approval(BaseType[ApprovalSettings]):
    """A no completes it as well as a yes: decisions read which it was."""

    name = "Approval"
    model = ApprovalSettings
    results = {"Approved": ValueType.YES_NO, "Comment": ValueType.TEXT}

    def check(
        self,
        settings: ApprovalSettings,
        result: Mapping[str, Value],
        data: Mapping[int, Value | None],
        known: Mapping[int, Value],
    ) -> list[Fault]:
        """``Approved`` must be said."""
        if "Approved" not in result:
            return [Fault("/Result/Approved", "Required", "Approved must be true or false.")]
        return []


TYPE = Approval()
