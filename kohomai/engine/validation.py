"""All that is wrong with a funnel's document, said at once.

A draft may have faults, a version may not. Nothing that is JSON makes this raise.
"""

from __future__ import annotations

from kohomai.engine.definition import Decision, Definition, End, Node, Stage
from kohomai.engine.graph import backwards, cycles, reachable
from kohomai.engine.reading.document import read_document
from kohomai.engine.reading.places import Context, DefinitionFault, Place
from kohomai.engine.types import DataPoints, Registry

__all__ = ["DefinitionFault", "validate"]


def validate(document: object, data_points: DataPoints, registry: Registry) -> list[DefinitionFault]:
    """Every fault of ``document`` (any JSON, data points by name or ``Id``), in the order of the document;
    none when it may be published."""
    context = Context(data_points, registry)
    definition = read_document(document, 0, context)
    if definition is not None and definition.nodes:
        _check_ways(definition, context)
    return context.faults


def _check_ways(definition: Definition, context: Context) -> None:
    """Faults that show in the arrows: what cannot be reached, what leads nowhere, decisions in a circle."""
    arrows = {key: _targets(node) for key, node in definition.nodes.items()}
    unread = [key for key in context.nodes if key not in definition.nodes]  # nobody knows where they lead
    reached = reachable(arrows, [definition.start])
    if definition.start and reached.isdisjoint(unread):
        for key in definition.nodes:
            if key not in reached:
                context.fault(Place(key), "Unreachable", "No way from the start leads here.")
    # Where an arrow is broken nobody knows where it was to lead: that is a fault already, and no second one.
    ends = [key for key, node in definition.nodes.items() if isinstance(node, End) or "" in arrows[key]]
    ending = reachable(backwards(arrows), [*ends, *unread])
    for key in definition.nodes:
        if key not in ending:
            context.fault(Place(key), "NoEnd", "No way from here leads to an end.")
    decisions = {key for key, node in definition.nodes.items() if isinstance(node, Decision)}
    among = {key: [target for target in arrows[key] if target in decisions] for key in decisions}
    for circle in cycles(among):
        detail = f"These decisions lead in a circle without a stage: {' → '.join(circle)}."
        context.fault(Place(circle[0]), "Loop", detail)


def _targets(node: Node) -> list[str]:
    """Where one can go from a node; ``""`` for an arrow that leads to no node."""
    if isinstance(node, Stage):
        overdue = [activity.go_to for activity in node.activities if activity.go_to is not None]
        return [node.next, *overdue]
    if isinstance(node, Decision):
        return [*(branch.next for branch in node.branches), node.default]
    return []
