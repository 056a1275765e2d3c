"""Texts with data in them: subjects and bodies of mails, addresses and bodies of calls. They are Liquid.

Liquid was made to run what strangers have written: it reaches nothing but the values it is given, and is bounded
(``bounded``). What stands in a text is a user's of the workspace; what is put into it may be anybody's, so it is
escaped for where it is going (``form``): ``html``, ``url`` (percent-encoded), or ``text`` (as it is).

A name that is not known is empty. Names are those of the product: ``{{ Lead.Firstname }}``,
``{{ Data["Company size"] }}``, ``{{ Result.check.Approved }}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote

from liquid.exceptions import LiquidError, ResourceLimitError

from kohomai.activities.bounded import PLAIN, parsed
from kohomai.engine.values import Amount, Value, time_to_json, to_api

Form = Literal["text", "html", "url"]

_FAULTS = (
    LiquidError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, OSError, RecursionError,
    TypeError, ValueError,
)  # fmt: skip
"""What Liquid and its filters raise over a text and the values in it. (Not whatever there is: a value may be asked of a
database that is away.)"""


def check(source: str) -> str:
    """``source``, when it can be read. Raises ``ValueError`` with the rest of a sentence."""
    try:
        filters = parsed(source, False).analyze(include_partials=False).filters
    except _FAULTS as error:
        raise ValueError(f"cannot be read as a text with data in it: {_reason(error)}") from None
    for name in filters:
        if name not in PLAIN.filters:
            raise ValueError(f"cannot be read as a text with data in it: there is no filter {name[:60]}")
    return source


def names(source: str) -> list[tuple[str, ...]]:
    """The names that a text reads, each by its steps: ``("Data", "Company size")``. Raises ``ValueError``."""
    check(source)
    found = parsed(source, False).analyze(include_partials=False).globals
    steps = (variable.segments for variables in found.values() for variable in variables)
    return list(dict.fromkeys(tuple(str(one) for one in path) for path in steps))


def inner_names(source: str) -> list[str]:
    """The fields that a text reads of what it has named itself: ``Due`` of ``Item`` in a loop over items. Raises
    ``ValueError``."""
    check(source)
    analysis = parsed(source, False).analyze(include_partials=False)
    own = (name for name in analysis.variables if name not in analysis.globals and not name.endswith("loop"))
    fields = (
        str(one.segments[1]) for name in own for one in analysis.variables[name] if len(one.segments) > 1
    )
    return list(dict.fromkeys(fields))


def render(source: str, values: Mapping[str, Any], form: Form = "text") -> str:
    """The text with ``values`` put in. Raises ``ValueError`` with the rest of a sentence, which tells none of them,
    when it cannot be read, asks for what cannot be done, or for more than there is for it (see ``bounded``)."""
    try:
        shown = {name: _shown(value, form == "url") for name, value in values.items()}
        made = parsed(source, form == "html").render(**shown)
    except _FAULTS as error:
        raise ValueError(f"cannot be filled in: {_fault(error)}") from None
    if form == "url" and _leads_elsewhere(made):
        raise ValueError("cannot be filled in: a “.” or “..” in its path would lead elsewhere")
    return made


def fill(body: Any, values: Mapping[str, Any]) -> Any:
    """A JSON value with every text in it filled in. One that is a single name and nothing else takes the value as the
    API shows it: a number stays a number, what is not known is ``null``. Raises ``ValueError``."""
    if isinstance(body, str):
        return _value(names(body), values) if _is_one_name(body) else render(body, values)
    if isinstance(body, Mapping):
        return {render(name, values): fill(part, values) for name, part in body.items()}
    if isinstance(body, list):
        return [fill(part, values) for part in body]
    return body


def check_body(body: Any) -> Any:
    """``body``, when every text in it can be read. Raises ``ValueError``."""
    if isinstance(body, str):
        check(body)
    elif isinstance(body, Mapping):
        for name, part in body.items():
            check(name)
            check_body(part)
    elif isinstance(body, list):
        for part in body:
            check_body(part)
    return body


def check_address(source: str) -> str:
    """``source``, when it is a text whose host is written out: no data may say who is called. Raises ``ValueError``."""
    check(source)
    scheme, colon, rest = source.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not colon or "{" in scheme or "{" in host or not host:
        raise ValueError("must begin with https:// and a host that is written out")
    return source


class ByName(Mapping[str, Any]):
    """Values by the names of their data points, former ones too, without regard to case."""

    def __init__(
        self, values: Mapping[int, Value], find: Callable[[str], int | None], name: Callable[[int], str]
    ) -> None:
        self._values, self._find, self._name = values, find, name

    def __getitem__(self, name: str) -> Value:
        found = self._find(name) if isinstance(name, str) else None
        if found is None or found not in self._values:
            raise KeyError(name)
        return self._values[found]

    def __iter__(self) -> Iterator[str]:
        return map(self._name, self._values)

    def __len__(self) -> int:
        return len(self._values)


# --- values as texts have them ------------------------------------------------------------------------------


class _Shown(Mapping[str, Any]):
    """A mapping whose values are shown as they are asked for."""

    def __init__(self, found: Mapping[str, Any], encoded: bool) -> None:
        self._found, self._encoded = found, encoded

    def __getitem__(self, name: str) -> Any:
        return _shown(self._found[name], self._encoded)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __str__(self) -> str:
        return ""  # only what is in it can be shown


def _shown(value: Any, encoded: bool) -> Any:
    if isinstance(value, Mapping):
        return _Shown(value, encoded)
    if isinstance(value, list | tuple):
        return [_shown(one, encoded) for one in value]
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else value
    elif isinstance(value, datetime):
        value = time_to_json(value)
    elif isinstance(value, Amount | date):
        value = str(value)
    return quote(value, safe="") if encoded and isinstance(value, str) else value


def _value(paths: list[tuple[str, ...]], values: Mapping[str, Any]) -> Any:
    found: Any = values
    for step in paths[0] if paths else ("",):
        found = found.get(step) if isinstance(found, Mapping) else None
    return _api(found)


def _api(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _api(value[name]) for name in value}
    if isinstance(value, list | tuple):
        return [_api(one) for one in value]
    return to_api(value) if isinstance(value, Decimal | Amount | date) else value


def _is_one_name(text: str) -> bool:
    """Whether a text is one name and nothing else."""
    inner = text.strip()
    return inner.startswith("{{") and inner.endswith("}}") and not set(inner[2:-2]) & set("{}|")


def _leads_elsewhere(address: str) -> bool:
    """Whether its path has a part that means another place, percent-encoded or not (RFC 3986, 5.2.4)."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    return any(part.lower().replace("%2e", ".") in (".", "..") for part in path.split("/"))


def _reason(error: Exception) -> str:
    """The first line of what Liquid says: the others repeat the text."""
    own = str(error) if isinstance(error, LiquidError) else ""
    return (own.splitlines() or [type(error).__name__])[0][:200]


def _fault(error: Exception) -> str:
    """What went wrong with values in it, and where. Liquid's own words would tell the values, which may be a person's,
    or a secret."""
    token = getattr(error, "token", None)
    line = f" (line {token.source.count(chr(10), 0, token.start_index) + 1})" if token else ""
    if isinstance(error, ResourceLimitError):
        return f"{error.message}{line}"
    return f"{type(error).__name__}{line}"
