"""Decisions taken, with the receipt that says what was seen and why it went as it did.

A receipt is JSON as it stands. Every value in it has its stored form (numbers and amounts as decimal
strings), the same in all places, so that a value seen can be compared with the value it was held against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kohomai.engine.conditions import Outcomes, Results, run_tests, waits_for
from kohomai.engine.definition import All, Branch, Condition, Decision, Definition, Not, Subject, Test
from kohomai.engine.values import Datum, Value, time_to_json, to_stored
from kohomai.engine.wouldneed import Change, smallest_change

DEFAULT = "Default"
"""How receipts name the way out that is always there; no branch may be named so."""

_NOTHING: Mapping[str, datetime] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision comes to: where to go, with its receipt; or, when ``waiting_for`` is not empty, that it
    waits for these data points (then there is no receipt)."""

    next: str = ""
    branch: str | None = None  # None is the default
    receipt: Mapping[str, Any] | None = None
    waiting_for: frozenset[int] = frozenset()


def decide(
    definition: Definition,
    decision: Decision,
    data: Mapping[int, Datum],
    results: Results,
    now: datetime,
    pending: frozenset[int] = frozenset(),
    completed: Mapping[str, datetime] = _NOTHING,
) -> Outcome:
    """Try the branches in order; the first that is true is taken, else the default.

    ``pending`` are the data points some provider has promised: a branch whose outcome hangs on one makes the
    decision wait (pass none once the time to wait is over). ``completed`` says when the activities whose
    ``results`` are read were completed, for the receipt.
    """
    known = {key: data[key].value for key in decision.subjects if key in data}  # type: ignore[index]
    outcomes = run_tests(decision.leaves, known, results, now)  # type: ignore[arg-type]
    open_ids = pending.difference(known) if pending else pending
    inputs = _inputs(decision, data, results, completed)
    tried: list[dict[str, Any]] = []
    taken: Branch | None = None
    for branch in decision.branches:
        if open_ids and (ids := waits_for(branch.when, outcomes, open_ids)):
            return Outcome(waiting_for=ids)
        tree = _tree(branch.when, outcomes, inputs)
        tried.append({"Branch": branch.name, "Holds": tree["Holds"], "Conditions": tree})
        if tree["Holds"]:
            taken = branch
            break
    target = taken.next if taken else decision.default
    receipt = {
        "Node": decision.key,
        "At": time_to_json(now),
        "Version": definition.version,
        "Inputs": list(inputs.values()),
        "Tried": tried,
        "Taken": taken.name if taken else DEFAULT,
        "Next": target,
        "NotTaken": [
            {"Branch": way.name if way else DEFAULT, "WouldNeed": _would_need(decision, way, outcomes)}
            for way in (*decision.branches, None)
            if way is not taken
        ],
    }
    return Outcome(target, taken.name if taken else None, receipt)


def _inputs(
    decision: Decision, data: Mapping[int, Datum], results: Results, completed: Mapping[str, datetime]
) -> dict[Subject, dict[str, Any]]:
    """What the decision looks at, all branches together, each with its value, source and age; unknown: null."""
    inputs: dict[Subject, dict[str, Any]] = {}
    for subject, label in decision.subjects.items():
        value: Value | None = None
        source: str | None = None
        since: datetime | None = None
        if isinstance(subject, int):
            if datum := data.get(subject):
                value, source, since = datum.value, datum.source, datum.known_since
        elif (value := results.get(subject[0], {}).get(subject[1])) is not None:
            source, since = "Activity", completed.get(subject[0])
        inputs[subject] = {
            **label,
            "Value": None if value is None else to_stored(value),
            "Source": source,
            "KnownSince": None if since is None else time_to_json(since),
        }
    return inputs


def _tree(
    condition: Condition, outcomes: Outcomes, inputs: Mapping[Subject, Mapping[str, Any]]
) -> dict[str, Any]:
    """The condition as the document has it, each test with the value ``Seen`` and each part with ``Holds``."""
    if isinstance(condition, Test):
        return {
            **condition.shown,
            "Seen": inputs[condition.subject]["Value"],
            "Holds": outcomes[condition],
        }
    if isinstance(condition, Not):
        part = _tree(condition.part, outcomes, inputs)
        return {"Not": part, "Holds": None if part["Holds"] is None else not part["Holds"]}
    parts = [_tree(part, outcomes, inputs) for part in condition.parts]
    every = isinstance(condition, All)
    found = {part["Holds"] for part in parts}
    holds = (not every) if (not every) in found else None if None in found else every
    return {"All" if every else "Any": parts, "Holds": holds}


def _would_need(decision: Decision, way: Branch | None, outcomes: Outcomes) -> list[dict[str, Any]] | None:
    """The tests that would have to come out otherwise for ``way`` (``None``: the default) to be taken, as the
    receipt lists them; ``None`` where no outcome of the tests leads there."""
    changes: tuple[Change, ...] | None = smallest_change(decision, way, outcomes)
    if changes is None:
        return None
    return [{**leaf.shown, "Must": must} for leaf, must in changes]
