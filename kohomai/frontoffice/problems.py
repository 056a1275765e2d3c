"""What is wrong with an answer, in the reader's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kohomai.activities.screens import Field, Problem
from kohomai.engine.errors import Fault

_SENTENCES: Mapping[str, str | Promise] = {
    "Required": _("Please answer this one."),
    "NotAccepted": _("Tick the box to accept."),
    "WrongType.Number": _("Write a number, such as 1200 or 10.5."),
    "WrongType.Amount": _("Write an amount, such as 1200 or 1200.50."),
    "WrongType.Date": _("Choose a day of the calendar."),
    "WrongType.DateTime": _("Choose a day and a time."),
    "WrongType.YesNo": _("Choose yes or no."),
    "WrongType.Choice": _("Choose one of these."),
}


def put(fields: Sequence[Field], problems: Sequence[Problem]) -> list[str]:
    """Put each problem beside its field; gives the sentences that belong to none."""
    by_name = {field.name: field for field in fields}
    loose: list[str] = []
    for problem in problems:
        sentence = str(_SENTENCES.get(problem.code, "")) or _sentence(problem.detail)
        field = by_name.get(problem.field)
        if field is None:
            loose.append(sentence)
        elif not field.error:
            field.error = sentence
    return loose


def from_faults(faults: Sequence[Fault], sent_ids: Sequence[int]) -> list[Problem]:
    """The faults of a completion as problems of fields: ``/Data/<place>/Value`` by the place of what was
    sent, ``/Data/<Id>`` by the data point, ``/Result/<Name>`` by the name."""
    problems = []
    for fault in faults:
        parts = (fault.pointer or "").split("/")
        name = ""
        if len(parts) > 2 and parts[1] == "Data" and parts[2].isdigit():
            number = int(parts[2])
            by_place = len(parts) > 3 and number < len(sent_ids)
            name = f"f{sent_ids[number] if by_place else number}"
        elif len(parts) > 2 and parts[1] == "Result":
            name = parts[2].lower()
        problems.append(Problem(name, fault.code, fault.detail))
    return problems


def _sentence(detail: str) -> str:
    text = detail[:1].upper() + detail[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
