"""What was answered in a step that is done, to be read again."""

from __future__ import annotations

from datetime import datetime

from django.utils import dateformat
from django.utils.translation import gettext, pgettext

from kohomai.activities.screens import Field, View


def answers(view: View) -> list[tuple[str, str]]:
    """The questions of a screen that have an answer, each with it."""
    return [(field.label, _said(field)) for field in view.fields if field.label and field.value]


def _said(field: Field) -> str:
    match field.kind:
        case "yesno":
            return gettext("Yes") if field.value == "yes" else gettext("No")
        case "amount":
            return f"{field.value} {field.unit}"
        case "date" | "datetime":
            moment = datetime.fromisoformat(field.value)
            day = dateformat.format(moment, pgettext("a day", "j F Y"))
            return day if field.kind == "date" else f"{day}, {dateformat.format(moment, 'G:i')}"
        case _:
            return field.value
