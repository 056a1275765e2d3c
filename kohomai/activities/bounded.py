"""Liquid, bounded: whatever a text says, and whatever is put into it, it takes little time and little memory.

Nothing is left to the library's own limits alone. It counts what is written, assigned and looped over, but not what a
filter makes on the way (a replacement of each letter by a thousand), what a range spans, or the time all that takes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from time import thread_time
from typing import Any, TextIO

from liquid import Environment, RenderContext
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.exceptions import ResourceLimitError
from liquid.template import BoundTemplate

MAX_OUTPUT = 200_000
"""Characters of a text at most, and of anything on the way there."""
MAX_ITEMS = 2_000
"""Items of a list or a range, and rounds of a loop, at most."""
MAX_SEPARATOR = 1_000
"""Characters of what a list is joined with."""
MAX_DATE = 200
"""Characters of what is read as a date."""
MAX_BITS = 2_048
"""Of a whole number."""
TIME_LIMIT = 0.25
"""Seconds of computing that a text takes at most, of the thread that does it."""

_REFUSED = ("safe", "base64_decode", "base64_url_safe_decode", "url_decode", "escapejs", "strip_html")
"""Filters that would undo, or pretend, an escaping; and one whose time grows with the square of what it is given, which
may be a lead's."""
_SHORT, _OF_SHORT, _OF_LONG = 2_000, 512, 16
"""Characters of a short text; how many short ones are kept parsed, and how many others. Parsed, one takes about 150
times its length."""


class TooMuch(ResourceLimitError):
    """A text asks for more than there is for it; says of what."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, token=None)


class _Context(RenderContext):
    """Ends what has taken its time."""

    __slots__ = ("_disabled", "_ends")

    def __init__(self, *args: Any, **named: Any) -> None:
        self._ends = thread_time() + TIME_LIMIT
        super().__init__(*args, **named)

    def check_time(self) -> None:
        """Raises ``TooMuch`` when the time is up."""
        if thread_time() > self._ends:
            raise TooMuch("it takes too long")

    @property
    def disabled_tags(self) -> Any:
        """What every node asks for before it is rendered."""
        self.check_time()
        return self._disabled

    @disabled_tags.setter
    def disabled_tags(self, tags: Any) -> None:
        self._disabled = tags


class _Template(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    template_class = _Template
    loop_iteration_limit = MAX_ITEMS
    output_stream_limit = MAX_OUTPUT
    local_namespace_limit = MAX_OUTPUT
    block_nesting_limit = 20
    context_depth_limit = 20


class _ForNode(ForNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        _within(self.expression.iterable.evaluate(context))
        return super().render_to_output(context, buffer)


class _ForTag(ForTag):
    node_class = _ForNode


def _environment(escaping: bool) -> Environment:
    made = _Environment(autoescape=escaping)
    for name in _REFUSED:
        del made.filters[name]
    for tag in ("include", "render", "doc", "tablerow"):
        made.tags.pop(tag, None)
    made.add_tag(_ForTag)
    for name, found in list(made.filters.items()):
        made.filters[name] = _bounded(name, found)
    return made


def _bounded(name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, given and giving no more than there may be."""
    wants = [one for one in ("context", "environment") if getattr(found, f"with_{one}", False)]

    @wraps(found)
    def call(left: Any, *told: Any, context: _Context, **named: Any) -> Any:
        context.check_time()
        for one in (*told, *named.values()):
            _within(one, MAX_SEPARATOR if name == "join" else MAX_OUTPUT)
        _within(left, MAX_DATE if name == "date" else MAX_OUTPUT)
        if name == "replace":
            _within_replaced(left, *told)
        given = {"context": context, "environment": context.env}
        made = found(left, *told, **named, **{one: given[one] for one in wants})
        _within(made)
        return made

    call.with_context = True  # type: ignore[attr-defined]
    call.with_environment = False  # type: ignore[attr-defined]
    return call


def _within(value: Any, longest: int = MAX_OUTPUT) -> None:
    """Raises ``TooMuch`` for what is longer, larger or more than there may be."""
    if isinstance(value, str):
        if len(value) > longest:
            raise TooMuch("a text in it is too long")
    elif isinstance(value, range):
        if value.stop - value.start > MAX_ITEMS:
            raise TooMuch("a range in it is too long")
    elif isinstance(value, list | tuple):
        length = sum(len(one) for one in value if isinstance(one, str))
        if len(value) > MAX_ITEMS or length > MAX_OUTPUT:
            raise TooMuch("a list in it is too long")
    elif isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise TooMuch("a number in it is too large")


def _within_replaced(left: Any, old: Any = "", new: Any = "", *more: Any) -> None:
    text, sought, put = str(left), str(old), str(new)
    if len(text) + text.count(sought) * len(put) > MAX_OUTPUT:
        raise TooMuch("a text in it is too long")


PLAIN, ESCAPING = _environment(False), _environment(True)


def parsed(source: str, escaping: bool) -> BoundTemplate:
    """The template that ``source`` is; those used last are kept. Raises ``LiquidError``."""
    return (_short if len(source) <= _SHORT else _long)(source, escaping)


def _parse(source: str, escaping: bool) -> BoundTemplate:
    return (ESCAPING if escaping else PLAIN).from_string(source)


_short: Callable[[str, bool], BoundTemplate] = lru_cache(_OF_SHORT)(_parse)
_long: Callable[[str, bool], BoundTemplate] = lru_cache(_OF_LONG)(_parse)
