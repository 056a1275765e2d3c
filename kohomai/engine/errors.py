"""What can be wrong with what was asked, in words that every face of the product can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one place of what was sent.

    ``pointer`` is a JSON pointer into the body (RFC 6901, ``/JourneyData/0/Name``); a missing field is
    named as if it were there. ``parameter`` names a query parameter or header instead. ``code`` is stable
    and machine-readable (``Required``, ``Unknown``, ``WrongType``, …), ``detail`` says how to mend it.
    """

    pointer: str | None
    code: str
    detail: str
    parameter: str | None = None

    def under(self, prefix: str) -> Fault:
        """The same fault, its pointer put below ``prefix`` (``/JourneyData/0``)."""
        return Fault(prefix + (self.pointer or ""), self.code, self.detail, self.parameter)


class DomainError(Exception):
    """Anything refused for a reason that the caller can understand."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(DomainError):
    """What was sent cannot be taken; names every fault at once (422)."""

    def __init__(self, faults: list[Fault] | tuple[Fault, ...], detail: str = "") -> None:
        super().__init__(detail or "; ".join(fault.detail for fault in faults[:3]))
        self.faults = tuple(faults)


class NotFound(DomainError):
    """There is no such thing, or it belongs to another workspace (404)."""


class Conflict(DomainError):
    """It is not in a state that allows this (409)."""


class Gone(DomainError):
    """It was there once and is closed for good (410)."""


class Forbidden(DomainError):
    """Whoever asks may not do this (403)."""
