"""Texts with data in them: subjects and bodies of mails, addresses and bodies of calls. They are Liquid.

Liquid was made to run what strangers have written: it reaches nothing but the values it is given, and is bounded in
loops and output. What stands in a text is a user's of the workspace; what is put into it may be anybody's, so it is
escaped for where it is going (``form``): ``html``, ``url`` (percent-encoded), or ``text`` (as it is).

A name that is not known is empty. Names are those of the product: ``{{ Lead.Firstname }}``,
``{{ Data["Company size"] }}``, ``{{ Result.check.Approved }}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, wraps
from typing import Any, Literal
from urllib.parse import quote

from liquid import Environment
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from kohomai.engine.values import Amount, Value, time_to_json, to_api

Form = Literal["text", "html", "url"]

MAX_OUTPUT = 200_000
"""Characters of a text at most."""
MAX_ARGUMENT = 1_000
"""Characters of what a filter is told, so that none multiplies a text beyond measure."""

_REFUSED = ("safe", "base64_decode", "base64_url_safe_decode", "url_decode", "escapejs")
"""Filters that would undo, or pretend, an escaping."""
_ONLY = re.compile(r"\s*\{\{-?\s*([^{}|]+?)\s*-?\}\}\s*")
"""A text that is one name and nothing else."""


class _Bounded(Environment):
    loop_iteration_limit = 2_000
    output_stream_limit = MAX_OUTPUT
    local_namespace_limit = MAX_OUTPUT
    block_nesting_limit = 20
    context_depth_limit = 20


def _environment(escaping: bool) -> Environment:
    made = _Bounded(autoescape=escaping)
    for name in _REFUSED:
        del made.filters[name]
    for tag in ("include", "render", "doc"):
        made.tags.pop(tag, None)
    for name, found in list(made.filters.items()):
        made.filters[name] = _bounded(found)
    return made


def _bounded(found: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, refusing to be told more than a filter needs."""

    @wraps(found)
    def call(left: Any, *told: Any, **named: Any) -> Any:
        if any(isinstance(one, str) and len(one) > MAX_ARGUMENT for one in told):
            raise LiquidError("a filter is told too much", token=None)
        return found(left, *told, **named)

    return call


_PLAIN, _ESCAPING = _environment(False), _environment(True)


@lru_cache(maxsize=2_048)
def _parsed(source: str, escaping: bool) -> BoundTemplate:
    return (_ESCAPING if escaping else _PLAIN).from_string(source)


def check(source: str) -> str:
    """``source``, when it can be read. Raises ``ValueError`` with the rest of a sentence."""
    try:
        filters = _parsed(source, False).analyze(include_partials=False).filters
    except LiquidError as error:
        raise ValueError(f"cannot be read as a text with data in it: {_reason(error)}") from None
    for name in filters:
        if name not in _PLAIN.filters:
            raise ValueError(f"cannot be read as a text with data in it: there is no filter {name[:60]}")
    return source


def names(source: str) -> list[tuple[str, ...]]:
    """The names that a text reads, each by its steps: ``("Data", "Company size")``. Raises ``ValueError``."""
    check(source)
    found = _parsed(source, False).analyze(include_partials=False).globals
    steps = (variable.segments for variables in found.values() for variable in variables)
    return list(dict.fromkeys(tuple(str(one) for one in path) for path in steps))


def inner_names(source: str) -> list[str]:
    """The fields that a text reads of what it has named itself: ``Due`` of ``Item`` in a loop over items. Raises
    ``ValueError``."""
    check(source)
    analysis = _parsed(source, False).analyze(include_partials=False)
    own = (name for name in analysis.variables if name not in analysis.globals and not name.endswith("loop"))
    fields = (
        str(one.segments[1]) for name in own for one in analysis.variables[name] if len(one.segments) > 1
    )
    return list(dict.fromkeys(fields))


def render(source: str, values: Mapping[str, Any], form: Form = "text") -> str:
    """The text with ``values`` put in. Raises ``ValueError`` with the rest of a sentence when it cannot be read, asks
    for what cannot be done, or grows beyond ``MAX_OUTPUT``."""
    try:
        shown = {name: _shown(value, form == "url") for name, value in values.items()}
        return _parsed(source, form == "html").render(**shown)
    except LiquidError as error:
        raise ValueError(f"cannot be filled in: {_reason(error)}") from None
    except (ArithmeticError, RecursionError, TypeError) as error:
        raise ValueError(f"cannot be filled in ({type(error).__name__})") from None


def fill(body: Any, values: Mapping[str, Any]) -> Any:
    """A JSON value with every text in it filled in. One that is a single name and nothing else takes the value as the
    API shows it: a number stays a number, what is not known is ``null``. Raises ``ValueError``."""
    if isinstance(body, str):
        only = _ONLY.fullmatch(body)
        if only is None:
            return render(body, values)
        return _value(names(body), values)
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
        found = self._find(name)
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


def _reason(error: LiquidError) -> str:
    """The first line of what Liquid says: the others repeat the text."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
