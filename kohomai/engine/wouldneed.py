"""What would have sent a lead another way: a smallest set of tests whose change makes a branch the first true one.

The tests are taken as independent of each other. Where each stands in one place only, walking the tree once
gives a smallest set. A test that stands in several places ties these together: then each way of settling the
repeated ones is tried, fewest changes first, and the walk does the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations, product

from kohomai.engine.conditions import Outcomes
from kohomai.engine.definition import All, Branch, Condition, Decision, Not, Test, leaves

Change = tuple[Test, bool]
"""A test, and what it must come to."""
Changes = tuple[Change, ...]

MAX_TRIES = 300
"""How many ways of settling repeated tests are tried before a correct set is good enough."""


Want = tuple[bool | None, ...]
"""What a condition is wanted to come to: one of the four below."""

TRUE: Want = (True,)
FALSE: Want = (False,)
NOT_TRUE: Want = (False, None)
NOT_FALSE: Want = (True, None)
_NEGATED = {TRUE: FALSE, FALSE: TRUE, NOT_TRUE: NOT_FALSE, NOT_FALSE: NOT_TRUE}
Goal = tuple[Condition, Want]


def smallest_change(decision: Decision, way: Branch | None, outcomes: Outcomes) -> Changes | None:
    """The smallest set of changes, in the order of the document, after which ``way`` (``None``: the default)
    would have been taken; of several the one whose tests come first. ``None`` where there is none."""
    goals: list[Goal] = []
    for branch in decision.branches:
        if branch is way:
            goals.append((branch.when, TRUE))
            break
        goals.append((branch.when, NOT_TRUE))
    repeated = decision.repeated and _repeated(goals)
    if not repeated:
        return _reach_all(goals, outcomes, ())
    place = {leaf: index for index, leaf in enumerate(decision.leaves)}
    found = _settle(goals, outcomes, repeated, place)
    if found is None:
        found = _step_by_step(goals, outcomes, repeated)
    return None if found is None else tuple(sorted(found, key=lambda change: place[change[0]]))


def _repeated(goals: list[Goal]) -> list[Test]:
    """The tests that stand in more than one place of ``goals``, in the order of the document."""
    seen: dict[Test, bool] = {}
    for condition, _ in goals:
        for leaf in leaves(condition):
            seen[leaf] = leaf in seen
    return [leaf for leaf, again in seen.items() if again]


# --- each test in one place only ----------------------------------------------------------------------------


def _reach(condition: Condition, want: Want, outcomes: Outcomes, fixed: Collection[Test]) -> Changes | None:
    """The fewest changes that make ``condition`` come to ``want``; ``fixed`` tests may not be changed."""
    if isinstance(condition, Test):
        if outcomes[condition] in want:
            return ()
        return None if condition in fixed else ((condition, want[0] is True),)
    if isinstance(condition, Not):
        return _reach(condition.part, _NEGATED[want], outcomes, fixed)
    if isinstance(condition, All) is want[0]:
        return _reach_all([(part, want) for part in condition.parts], outcomes, fixed)
    best: Changes | None = None
    for part in condition.parts:
        found = _reach(part, want, outcomes, fixed)
        if found is not None and (best is None or len(found) < len(best)):
            best = found
    return best


def _reach_all(goals: list[Goal], outcomes: Outcomes, fixed: Collection[Test]) -> Changes | None:
    """The fewest changes that reach all of ``goals``; ``None`` when one cannot be reached."""
    changes: Changes = ()
    for condition, want in goals:
        found = _reach(condition, want, outcomes, fixed)
        if found is None:
            return None
        changes += found
    return changes


# --- tests in several places --------------------------------------------------------------------------------


def _settle(
    goals: list[Goal], outcomes: Outcomes, repeated: list[Test], place: dict[Test, int]
) -> Changes | None:
    """The fewest changes over all ways of settling the repeated tests (as far as ``MAX_TRIES`` goes)."""
    best: Changes | None = None
    best_rank: tuple[int, list[int]] = (0, [])
    for tries, settled in enumerate(_settlements(outcomes, repeated)):
        if tries >= MAX_TRIES or (best is not None and len(settled) > len(best)):
            break
        rest = _reach_all(goals, {**outcomes, **dict(settled)}, repeated)
        if rest is None:
            continue
        changes = settled + rest
        rank = (len(changes), sorted(place[leaf] for leaf, _ in changes))
        if best is None or rank < best_rank:
            best, best_rank = changes, rank
    return best


def _settlements(outcomes: Outcomes, repeated: list[Test]) -> Iterator[Changes]:
    """Every way to change some of the repeated tests, fewest first; an unknown one can go either way."""
    ways = {leaf: [must for must in (True, False) if outcomes[leaf] is not must] for leaf in repeated}
    for size in range(len(repeated) + 1):
        for changed in combinations(repeated, size):
            for musts in product(*(ways[leaf] for leaf in changed)):
                yield tuple(zip(changed, musts, strict=True))


def _step_by_step(goals: list[Goal], outcomes: Outcomes, repeated: list[Test]) -> Changes | None:
    """Changes that reach all goals, perhaps not the fewest: settle one repeated test after the other as the
    first place that needs it changed wants it."""
    settled: dict[Test, bool] = {}
    while True:
        found = _reach_all(goals, {**outcomes, **settled}, settled)
        if found is None:
            return None
        wanted = next((change for change in found if change[0] in repeated), None)
        if wanted is None:
            return (*settled.items(), *found)
        settled[wanted[0]] = wanted[1]
