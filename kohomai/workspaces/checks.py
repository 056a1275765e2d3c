"""Names and lists as every room reads them: what is wrong is gathered, not raised one by one."""

from __future__ import annotations

from collections.abc import Sequence

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


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise ``Invalid`` when there is any fault."""
    if faults:
        raise Invalid(list(faults))
