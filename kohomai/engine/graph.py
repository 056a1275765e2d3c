"""What can be said of a funnel by its arrows alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

Arrows = Mapping[str, Collection[str]]
"""Where one can go from each node."""


def reachable(arrows: Arrows, start: Iterable[str]) -> set[str]:
    """All that can be reached from ``start``, itself included."""
    found = set(start)
    waiting = list(found)
    while waiting:
        for target in arrows.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def backwards(arrows: Arrows) -> dict[str, list[str]]:
    """The same arrows, turned round."""
    turned: dict[str, list[str]] = {}
    for source, targets in arrows.items():
        for target in targets:
            turned.setdefault(target, []).append(source)
    return turned


def cycles(arrows: Arrows, most: int = 20) -> list[list[str]]:
    """Ways round in a circle, at most ``most``, each from a node to itself (``["a", "b", "a"]``).

    Where there are no more than that, every circle shares an arrow with one of those told.
    """
    left = {source: set(targets) for source, targets in arrows.items()}
    found: list[list[str]] = []
    while len(found) < most:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))  # it is told from target to source
            start = circle.index(min(circle))
            circle = circle[start:-1] + circle[: start + 1]
            found.append(circle)
            left[circle[0]].discard(circle[1])
        else:
            break
    return found
