"""JSONPath (RFC 9535), bounded: a path is a user's of the workspace, the document is whoever's was called, and together
they take little time and memory.

The library keeps every node it has passed with the whole way to it, and matches by regular expressions that can take
for ever, which a document may bring along. Nodes are kept without their way here, expressions are RE2's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from time import thread_time
from typing import Any

import re2
from jsonpath import JSONPath, JSONPathEnvironment, JSONPathMatch
from jsonpath.filter import FilterQuery, walk
from jsonpath.function_extensions import ExpressionType, FilterFunction
from jsonpath.match import NodeList
from jsonpath.segments import JSONPathSegment
from jsonpath.selectors import Filter

TIME_LIMIT = 1.0
"""Seconds of computing that all that is looked for in one document takes at most."""
MAX_PATTERN = 1_000
"""Characters of a regular expression."""

_clock = threading.local()


class TookTooLong(Exception):
    """What was looked for was not found in time."""


class Written(str):
    """A number of a document, as it is written there."""

    __slots__ = ()

    def number(self) -> int | float:
        """It, to be compared with."""
        return int(self) if len(self) < 20 and self.lstrip("-").isdigit() else float(self)


@dataclass(slots=True)
class Document:
    """A JSON value with its numbers as ``Written``, and the ``seconds`` that are left for looking into it."""

    value: Any
    seconds: float = TIME_LIMIT

    def first(self, path: str) -> Any:
        """The first value at ``path``. Raises ``LookupError`` where there is none, ``TookTooLong``, and
        ``JSONPathError``."""
        began = thread_time()
        _clock.ends = began + self.seconds
        try:
            nodes: Iterable[JSONPathMatch] = [_Node(self.value, self.value)]
            for segment in compiled(path).segments:
                nodes = segment.resolve(nodes)
            for node in nodes:
                return node.obj
            raise LookupError(path)
        finally:
            self.seconds -= thread_time() - began


class _Node(JSONPathMatch):
    """A value of the document that a path has come to."""

    __slots__ = ()

    def __init__(self, obj: object, root: Any) -> None:
        super().__init__(filter_context={}, obj=obj, parent=None, path="", parts=(), root=root)

    def new_child(self, obj: object, key: int | str) -> JSONPathMatch:
        _check_time()
        return _Node(obj, self.root)

    def add_child(self, *children: JSONPathMatch) -> None:
        pass


def _check_time() -> None:
    if thread_time() > _clock.ends:
        raise TookTooLong


# --- filters ------------------------------------------------------------------------------------------------


class _Expression(FilterFunction):
    """``match`` and ``search``, in time that grows with the length of the text only."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]
    return_type = ExpressionType.LOGICAL

    def __init__(self, whole: bool) -> None:
        self._whole = whole

    def __call__(self, value: object, pattern: object) -> bool:
        _check_time()
        if not isinstance(value, str) or not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
            return False
        found = _pattern(pattern)
        if found is None or isinstance(value, Written):
            return False
        return bool(found.fullmatch(value) if self._whole else found.search(value))


class _Environment(JSONPathEnvironment):
    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions |= {"match": _Expression(True), "search": _Expression(False)}

    def is_truthy(self, obj: object) -> bool:
        _check_time()
        return super().is_truthy(obj)

    def compare(self, left: object, operator: str, right: object) -> bool:
        _check_time()
        return super().compare(_comparable(left), operator, _comparable(right))


def _comparable(value: object) -> object:
    if isinstance(value, NodeList) and len(value) == 1 and isinstance(value[0].obj, Written):
        value = value[0].obj
    return value.number() if isinstance(value, Written) else value


_environment = _Environment(strict=True, filter_caching=False)


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error:
        return None


@lru_cache(maxsize=1_024)
def compiled(path: str) -> JSONPath:
    """The path, ready to be used. Raises ``JSONPathError`` where it is none."""
    made = _environment.compile(path)
    assert isinstance(made, JSONPath)  # there is no union of paths in the RFC
    return made


def is_linear(path: JSONPath) -> bool:
    """Whether each step of a filter asks for one value: what asks for many at each of many values takes its square."""
    return all(query.path.singular_query() for query in _queries(path.segments))


def _queries(segments: Iterable[JSONPathSegment]) -> Iterator[FilterQuery]:
    for segment in segments:
        for selector in segment.selectors:
            if isinstance(selector, Filter):
                yield from (part for part in walk(selector.expression) if isinstance(part, FilterQuery))
