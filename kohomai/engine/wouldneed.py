"""What would have sent a lead another way: a smallest set of tests whose change makes a branch the first true one.

The tests are taken as independent of each other. Where each stands in one place only, walking the tree once
gives a smallest set. A test that stands in several places ties these together: then the walk only says where
to look, and the repeated tests are settled one after the other, the most promising way first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from math import ceil

from kohomai.engine.conditions import Outcomes
from kohomai.engine.definition import All, Branch, Condition, Decision, Not, Test, leaves

Change = tuple[Test, bool]
"""A test, and what it must come to."""
Changes = tuple[Change, ...]

Weights = Mapping[Test, float]
_NO_WEIGHTS: Weights = {}

MAX_TRIES = 300
"""How many ways of settling repeated tests are looked at before the best set so far is good enough."""


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
    weights = _weights(goals) if decision.repeated else {}
    if not weights:
        return _reach_all(goals, outcomes)
    place = {leaf: index for index, leaf in enumerate(decision.leaves)}
    return _settle(goals, outcomes, weights, place)


def _weights(goals: list[Goal]) -> Weights:
    """What a change of a repeated test costs in each of its places, so that all of them together cost one."""
    count = Counter(leaf for condition, _ in goals for leaf in leaves(condition))
    return {leaf: 1 / times for leaf, times in count.items() if times > 1}


# --- each test in one place only ----------------------------------------------------------------------------


def _reach(
    condition: Condition, want: Want, outcomes: Outcomes, fixed: Collection[Test], weights: Weights
) -> Changes | None:
    """The cheapest changes that make ``condition`` come to ``want``; ``fixed`` tests may not be changed."""
    if isinstance(condition, Test):
        if outcomes[condition] in want:
            return ()
        return None if condition in fixed else ((condition, want[0] is True),)
    if isinstance(condition, Not):
        return _reach(condition.part, _NEGATED[want], outcomes, fixed, weights)
    if isinstance(condition, All) is want[0]:
        return _reach_all([(part, want) for part in condition.parts], outcomes, fixed, weights)
    best: Changes | None = None
    for part in condition.parts:
        found = _reach(part, want, outcomes, fixed, weights)
        if found is not None and (best is None or _cost(found, weights) < _cost(best, weights)):
            best = found
    return best


def _reach_all(
    goals: list[Goal], outcomes: Outcomes, fixed: Collection[Test] = (), weights: Weights = _NO_WEIGHTS
) -> Changes | None:
    """The cheapest changes that reach all of ``goals``; ``None`` when one cannot be reached."""
    changes: Changes = ()
    for condition, want in goals:
        found = _reach(condition, want, outcomes, fixed, weights)
        if found is None:
            return None
        changes += found
    return changes


def _cost(changes: Changes, weights: Weights) -> float:
    return sum(weights.get(leaf, 1) for leaf, _ in changes) if weights else len(changes)


# --- tests in several places --------------------------------------------------------------------------------


def _settle(
    goals: list[Goal], outcomes: Outcomes, weights: Weights, place: Mapping[Test, int]
) -> Changes | None:
    """The fewest changes where ``weights`` names tests that stand in several places: branch and bound.

    With some of those settled, the walk over the tree costs no more than any set that agrees with them.
    """
    best: Changes | None = None
    best_rank: tuple[int, list[int]] = (0, [])
    waiting: list[dict[Test, bool | None]] = [{}]
    for _ in range(MAX_TRIES):
        if not waiting:
            break
        settled = waiting.pop()
        found = _reach_all(goals, {**outcomes, **settled}, settled, weights)
        if found is None:
            continue
        changed = tuple((leaf, must is True) for leaf, must in settled.items() if must is not outcomes[leaf])
        if best is not None and len(changed) + ceil(_cost(found, weights) - 1e-9) > len(best):
            continue
        repeated = next((change for change in found if change[0] in weights), None)
        if repeated is not None:
            waiting.extend({**settled, repeated[0]: must} for must in _ways(repeated, outcomes))
            continue
        changes = sorted(changed + found, key=lambda change: place[change[0]])
        rank = (len(changes), [place[leaf] for leaf, _ in changes])
        if best is None or rank < best_rank:
            best, best_rank = tuple(changes), rank
    return best


def _ways(change: Change, outcomes: Outcomes) -> list[bool | None]:
    """What a test may be settled to: at last what is wanted, before that what it is, before that the opposite."""
    leaf, must = change
    ways: list[bool | None] = [not must, outcomes[leaf], must]
    return ways if outcomes[leaf] is None else ways[1:]
