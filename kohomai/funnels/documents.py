"""A funnel's document on its way in and out: numbers exact, data points by ``Id`` inside, by name outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from kohomai.activities import registry
from kohomai.datapoints.catalogue import Catalogue
from kohomai.engine.document import ids_to_names, named_to_ids

Document = dict[str, Any]


# --- exact JSON ---------------------------------------------------------------------------------------------


def dumps(document: Any) -> str:
    """JSON with every ``Decimal`` as the number it is."""
    return orjson.dumps(document, default=_exact).decode()


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def loads(text: str) -> Any:
    """JSON with every number that is not whole as a ``Decimal``."""
    return json.loads(text, parse_float=Decimal)


# --- names and Ids ------------------------------------------------------------------------------------------


def to_stored(document: Any, points: Catalogue) -> Any:
    """The document with each data point that is known by its ``Id``; an unknown name is left as it is."""
    return named_to_ids(document, points, registry)


def to_shown(document: Any, points: Catalogue) -> Document:
    """A stored document with today's names, in the order in which people read it."""
    names = {identity: point.name for identity, point in points.by_id.items()}
    return ordered(ids_to_names(document, names, registry))


# --- the order in which people read it -----------------------------------------------------------------------

_ORDER = """
    Name Reentry Start Nodes Tests Key Type Id Email DataPoint Result Operator When WaitForData Branches Default
    Activities Assignee Required After DueIn Remind WhenOverdue Settings Outcome Next
    Given Do Complete Fail Data Expect Visits Node
""".split()  # noqa: SIM905
_RANK = {name: rank for rank, name in enumerate(_ORDER)}


def ordered(document: Document) -> Document:
    """The same document, fields in their usual order and nodes as they are reached from the start.

    The database keeps objects without an order.
    """
    nodes = document.get("Nodes")
    result: Document = _sorted(document)
    if isinstance(nodes, dict):
        result["Nodes"] = {key: _sorted(nodes[key]) for key in _reached(document, nodes)}
    return result


def _sorted(part: Any) -> Any:
    if isinstance(part, dict):
        names = sorted(part, key=lambda name: (_RANK.get(name, len(_RANK)), name))
        return {name: _sorted(part[name]) for name in names}
    if isinstance(part, list):
        return [_sorted(inner) for inner in part]
    return part


def _reached(document: Document, nodes: Mapping[str, Any]) -> list[str]:
    """The keys of all nodes: first as they are reached from the start, then the others by name."""
    waiting: list[Any] = [document.get("Start")]
    found: dict[str, None] = {}
    for key in waiting:
        if not isinstance(key, str) or key in found or key not in nodes:
            continue
        found[key] = None
        node = nodes[key]
        if not isinstance(node, dict):
            continue
        branches = node.get("Branches")
        for branch in branches if isinstance(branches, list) else []:
            waiting.append(branch.get("Next") if isinstance(branch, dict) else None)
        waiting += [node.get("Default"), node.get("Next")]
    return [*found, *sorted(key for key in nodes if key not in found)]
