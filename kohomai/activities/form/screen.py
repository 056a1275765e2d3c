"""The form on screen: a question for each field, asked as its type wants it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from kohomai.activities.form.type import FormField, FormSettings
from kohomai.activities.form.typed import Misread, read_amount, read_moment, read_number, show_number
from kohomai.activities.screens import Field, Problem, Refused, Reply, View, Viewer
from kohomai.engine.values import Amount, Value, ValueType, parse

CURRENCIES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "CAD",
    "AUD",
    "JPY",
    "CNY",
    "INR",
)
"""The currencies offered first; another one that is known already is offered as well."""
_CARDS = 6
_AUTOCOMPLETE = {
    "Firstname": "given-name",
    "Lastname": "family-name",
    "Phone": "tel",
    "Country": "country",
    "Language": "language",
}
_KINDS = {
    ValueType.TEXT: "text",
    ValueType.NUMBER: "number",
    ValueType.AMOUNT: "amount",
    ValueType.DATE: "date",
    ValueType.DATE_TIME: "datetime",
    ValueType.YES_NO: "yesno",
}


def present(
    settings: FormSettings, known: Mapping[int, Value], viewer: Viewer, sent: Mapping[str, str] | None
) -> View:
    """The form's questions with what is known, or what was typed, in them."""
    fields = tuple(_field(field, known.get(field.data_point.id), viewer, sent) for field in settings.fields)
    return View(fields, {"introduction": settings.introduction or "", "count": len(fields)})


def read_form(
    settings: FormSettings, known: Mapping[int, Value], viewer: Viewer, sent: Mapping[str, str]
) -> Reply:
    """The values of a form. What was left empty and not shown before is left out, what was emptied is
    forgotten; whether a required one may be empty is the type's to say. Raises ``Refused``."""
    data: dict[int, Value | None] = {}
    problems: list[Problem] = []
    for field in settings.fields:
        point = field.data_point
        try:
            value = _read(field, viewer, sent)
        except Misread as misread:
            problems.append(Problem(name_of(field), misread.code, str(misread)))
            continue
        except ValueError as error:
            problems.append(Problem(name_of(field), f"WrongType.{point.type}", f"{point.name} {error}."))
            continue
        if value is not None:
            data[point.id] = value
        elif point.id in known and name_of(field) in sent:
            data[point.id] = None
    if problems:
        raise Refused(problems)
    return Reply(data)


def name_of(field: FormField) -> str:
    """The name of a field's input; ``f<Id of the data point>``, so that faults find their way back."""
    return f"f{field.data_point.id}"


def _field(field: FormField, value: Value | None, viewer: Viewer, sent: Mapping[str, str] | None) -> Field:
    point, name = field.data_point, name_of(field)
    shown = Field(
        name,
        _kind(field),
        field.label or point.name,
        field.required,
        options=point.choices,
        help=field.help or "",
        autocomplete=_AUTOCOMPLETE.get(point.name, "off"),
    )
    if point.type is ValueType.AMOUNT:
        shown.unit = value.currency if isinstance(value, Amount) else viewer.currency
        shown.options = tuple(dict.fromkeys((shown.unit, *CURRENCIES)))
    if sent is None:
        shown.value = _shown(value, viewer)
    else:
        shown.value = sent.get(name, "")
        shown.unit = sent.get(f"{name}_unit", shown.unit)
    return shown


def _kind(field: FormField) -> str:
    point = field.data_point
    if point.type is ValueType.CHOICE:
        return "choice" if len(point.choices) <= _CARDS else "select"
    if point.name in _AUTOCOMPLETE:
        return "tel" if point.name == "Phone" else "line"
    return _KINDS.get(point.type, "line")


def _shown(value: Value | None, viewer: Viewer) -> str:
    """A known value as it stands in its input."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Amount):
        return show_number(value.amount, viewer.language)
    if isinstance(value, Decimal):
        return show_number(value, viewer.language)
    if isinstance(value, datetime):
        return value.astimezone(viewer.zone).strftime("%Y-%m-%dT%H:%M")
    return str(value)


def _read(field: FormField, viewer: Viewer, sent: Mapping[str, str]) -> Value | None:
    point, name = field.data_point, name_of(field)
    raw = sent.get(name, "").replace("\r\n", "\n")
    if not raw.strip():
        return None
    match point.type:
        case ValueType.NUMBER:
            return parse(point, read_number(raw, viewer.language))
        case ValueType.AMOUNT:
            return parse(point, read_amount(raw, sent.get(f"{name}_unit", viewer.currency), viewer.language))
        case ValueType.DATE_TIME:
            return read_moment(raw, viewer.zone).astimezone(UTC)
        case ValueType.TEXT:
            return parse(point, raw)
        case _:
            return parse(point, raw.strip())
