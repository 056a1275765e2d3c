"""Ids in paths: what is no number, or larger than any of ours, is simply not there (404)."""

from __future__ import annotations

from django.urls import register_converter

from kohomai.engine.values import MAX_ID


class IdConverter:
    """An ``Id``: a whole number below 2^53."""

    regex = "[0-9]{1,16}"

    def to_python(self, value: str) -> int:
        """The number. Raises ``ValueError``, which Django takes for no match."""
        number = int(value)
        if not 0 < number <= MAX_ID:
            raise ValueError
        return number

    def to_url(self, value: int) -> str:
        """The number as text."""
        return str(value)


def register() -> None:
    """Make ``{id:…}`` known to the paths."""
    register_converter(IdConverter, "id")
