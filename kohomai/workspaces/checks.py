"""Names and lists as every room reads them: what is wrong is gathered, not raised one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time

from kohomai.engine.errors import Fault, Invalid
from kohomai.engine.values import parse_text

NAME_LENGTH = 200


def read_name(raw: object, pointer: str, faults: list[Fault], *, longest: int = NAME_LENGTH) -> str:
    """A name, kept exactly as sent; what is wrong with it is added to ``faults`` (then it gives ``""``)."""
    label = pointer.rpartition("/")[2]
    if raw is None or raw == "":
        faults.append(Fault(pointer, "Required", f"{label} is required."))
        return ""
    try:
        text = parse_text(raw)
    except ValueError as error:
        faults.append(Fault(pointer, "WrongValue", f"{label} {error}."))
        return ""
    if not text.strip():
        faults.append(Fault(pointer, "WrongValue", f"{label} must not be blank."))
    elif len(text) > longest:
        faults.append(
            Fault(pointer, "WrongValue", f"{label} must not be longer than {longest:,} characters.")
        )
    else:
        return text
    return ""


def read_time(raw: object, pointer: str, faults: list[Fault]) -> time | None:
    """A time of the day, ``HH:MM``, or ``None``; what is wrong with it is added to ``faults``."""
    if raw is None:
        return None
    try:
        if not isinstance(raw, str) or len(raw) != 5:
            raise ValueError
        return time.fromisoformat(raw)
    except ValueError:
        label = pointer.rpartition("/")[2]
        faults.append(Fault(pointer, "WrongValue", f"{label} must be a time of the day, such as 08:00."))
        return None


def check_quiet_hours(given: Mapping[str, object], pointer: str, faults: list[Fault]) -> None:
    """Add a fault where ``QuietFrom`` or ``QuietUntil`` is given, or given as ``None``, without the other."""
    start, end = given.get("QuietFrom"), given.get("QuietUntil")
    if ("QuietFrom" in given) != ("QuietUntil" in given) or (start is None) != (end is None):
        detail = "QuietFrom and QuietUntil go together; both null for no quiet hours."
        faults.append(Fault(f"{pointer}/QuietUntil", "Required", detail))


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise ``Invalid`` when there is any fault."""
    if faults:
        raise Invalid(list(faults))
