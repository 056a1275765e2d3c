"""Accept: the assignee reads a text and accepts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from kohomai.activities.base import BaseType, Settings, Text
from kohomai.engine.errors import Fault
from kohomai.engine.values import Value, ValueType


class AcceptSettings(Settings):
    """The text, which version of it this is, and what the box to tick says."""

    text: Annotated[Text, Field(min_length=1)]
    version: Text | None = None
    label: Text | None = None


class Accept(BaseType[AcceptSettings]):
    """Only accepting completes it: there is no such thing as having refused."""

    name = "Accept"
    model = AcceptSettings
    results = {"Accepted": ValueType.YES_NO}

    def check(
        self,
        settings: AcceptSettings,
        result: Mapping[str, Value],
        data: Mapping[int, Value | None],
        known: Mapping[int, Value],
    ) -> list[Fault]:
        """``Accepted`` must be true."""
        if "Accepted" not in result:
            return [Fault("/Result/Accepted", "Required", "Accepted must be true.")]
        if result["Accepted"] is not True:
            return [Fault("/Result/Accepted", "WrongValue", "Accepted must be true.")]
        return []


TYPE = Accept()
