"""A whole document, read into a definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kohomai.engine.definition import Definition, Node
from kohomai.engine.reading.funnel_tests import read_tests
from kohomai.engine.reading.nodes import read_node
from kohomai.engine.reading.places import (
    Context,
    Place,
    check_key,
    read_name,
    read_object,
    read_target,
    read_word,
)

REENTRY = ("WhenEnded", "Never", "Always")
MAX_NODES = 500
_TOP = Place()


def read_document(raw: object, version: int, context: Context) -> Definition | None:
    """The definition, as far as the document can be read; ``context`` holds the faults. ``None`` when it is no
    object or its nodes are none."""
    fields = read_object(raw, _TOP, context, ("Name", "Start", "Nodes"), ("Reentry", "Tests"))
    if fields is None:
        return None
    name = read_name(fields["Name"], _TOP / "Name", context) if "Name" in fields else ""
    reentry = read_word(fields.get("Reentry", "WhenEnded"), _TOP / "Reentry", context, REENTRY)
    nodes = _nodes_of(fields, context)
    context.nodes = frozenset(nodes)
    _note_activities(nodes, context)
    start = read_target(fields["Start"], _TOP / "Start", context) if "Start" in fields else ""
    read: dict[str, Node] = {}
    for key, one in nodes.items():
        node = read_node(key, one, context)
        if node is not None:
            read[key] = node
    mentioned = dict(context.mentioned)
    if "Tests" in fields and not context.stored:
        read_tests(fields["Tests"], context)
    return Definition(version, name, reentry or "WhenEnded", start, read, mentioned)


def _nodes_of(fields: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    raw = fields.get("Nodes", {})
    if not isinstance(raw, Mapping):
        context.fault(_TOP / "Nodes", "WrongType", "This must be an object: nodes by their key.")
        return {}
    if len(raw) > MAX_NODES:
        context.fault(_TOP / "Nodes", "Limit", f"There may be at most {MAX_NODES} nodes.")
        return {}
    if "Nodes" in fields and not raw:
        context.fault(_TOP / "Nodes", "Empty", "A funnel needs at least one node.")
    return raw


def _note_activities(nodes: Mapping[str, Any], context: Context) -> None:
    """Note each activity's type by its key, which conditions refer to; check the keys, one name space for all."""
    taken = set(nodes)
    for key, node in nodes.items():
        check_key(key, Place(key), context)
        listed = node.get("Activities") if isinstance(node, Mapping) and node.get("Type") == "Stage" else None
        for index, activity in enumerate(listed if isinstance(listed, list) else ()):
            if not isinstance(activity, Mapping) or "Key" not in activity:
                continue
            place = Place(key) / "Activities" / index / "Key"
            own, kind = activity["Key"], activity.get("Type")
            check_key(own, place, context)
            if not isinstance(own, str):
                continue
            if own in taken:
                context.fault(place, "Duplicate", "Another node or activity of the funnel has this key.")
            taken.add(own)
            context.activities.setdefault(own, kind if isinstance(kind, str) else "")
