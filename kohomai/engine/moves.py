"""Moving a running journey to another version of its funnel, and taking that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kohomai.engine import events as e
from kohomai.engine.definition import ActivityDefinition, Decision, Definition, Stage
from kohomai.engine.errors import Conflict, Fault, Invalid
from kohomai.engine.flow import Run, cancel_open, go_on, is_free, named, next_attempt, row_made
from kohomai.engine.fold import fold, placement
from kohomai.engine.happenings import Move, Undo
from kohomai.engine.state import BLOCKED, IN_PROGRESS, OPEN, Activity, Assignee, State
from kohomai.engine.values import time_to_json


def can_move(definition: Definition, to: Definition, state: State) -> bool:
    """Whether the journey can go over by itself: its node's key is in the other version, with the same type.

    Otherwise a person must say the node.
    """
    here, there = definition.nodes[state.node or ""], to.nodes.get(state.node or "")
    return state.running and type(here) is type(there)


def move(run: Run, happening: Move) -> None:
    """Go over to another version, at the same node or at one that was said."""
    state, to, node = run.state, happening.to, happening.node
    if not state.running:
        raise Conflict("The journey has ended: only a running one can be moved.")
    if node is not None and node not in to.nodes:
        raise Invalid([Fault("/Node", "Unknown", f"Version {to.version} has no node {node}.")])
    if to.version == state.version:
        return
    stays = node in (None, state.node) and can_move(run.definition, to, state)
    if not stays and node is None:
        detail = f"Version {to.version} has no counterpart of {state.node}: say the node to move to."
        raise Conflict(detail)
    before, first = state.copy(), len(run.events)
    there = node or state.node or ""
    payload = {
        "From": state.version,
        "To": to.version,
        "Node": there,
        "Actor": dict(happening.actor),
        "Former": placement(state),
        "Follow": 0,
    }
    if stays:
        _stay(run, to, payload)
    else:
        run.emit(e.MIGRATED, payload)
        run.definition = to
        cancel_open(run)
        go_on(run, there)
    payload["Follow"] = len(run.events) - first - 1  # known only now, and folded as it will be replayed
    run.state = fold(before, run.events[first:])


def _stay(run: Run, to: Definition, payload: dict[str, Any]) -> None:
    """Match the activities of the same node; its state is judged anew, what was passed is not run again."""
    state, node = run.state, to.nodes[payload["Node"]]
    removed: list[Activity] = []
    if isinstance(node, Stage):
        current = state.current()
        kept = {
            key: row for key, row in current.items() if (new := node.activity(key)) and new.type == row.type
        }
        removed = [row for row in current.values() if row.status in OPEN and row.key not in kept]
        added = [activity for activity in node.activities if activity.key not in kept]
        payload["Kept"] = [
            {**named(row), "Name": new.name, "Required": new.required}
            for key, row in kept.items()
            if (new := node.activity(key)) and (new.name, new.required) != (row.name, row.required)
        ]
        payload["Added"] = [row_made(activity, next_attempt(state, activity.key)) for activity in added]
        payload["Blocked"] = _blocked_anew(node, kept, added)
    elif isinstance(node, Decision) and state.arrived_at:
        payload["WaitingUntil"] = time_to_json(state.arrived_at + node.wait_for_data)
    run.emit(e.MIGRATED, payload)
    run.definition = to
    for row in removed:
        run.emit(e.CANCELLED, named(row))
    go_on(run)


def _blocked_anew(
    stage: Stage, kept: Mapping[str, Activity], added: list[ActivityDefinition]
) -> list[dict[str, Any]]:
    """The open activities that now come after something that is not done."""
    rows = dict(kept)
    for activity in added:
        rows[activity.key] = Activity(
            activity.key, stage.key, activity.type, activity.name, 0, 0, BLOCKED, True, Assignee("Lead")
        )
    return [
        named(rows[activity.key])
        for activity in stage.activities
        if rows[activity.key].status == IN_PROGRESS and not is_free(activity, rows)
    ]


def undo(run: Run, happening: Undo) -> None:
    """Take the last move back, when nothing has happened since."""
    state = run.state
    former = state.former
    if former is None:
        raise Conflict("There is no move to take back, or something has happened since.")
    if happening.to.version != former["Version"]:
        raise Conflict(f"The journey came from version {former['Version']}.")
    before = {(row["key"], row["visit"], row["attempt"]) for row in former["Activities"]}
    left = state.version
    for row in state.open():
        if row.ref not in before:
            run.emit(e.CANCELLED, named(row))
    run.definition = happening.to
    payload = {"From": left, "To": former["Version"], "Node": former["Node"], "Restored": former}
    open_before = {row.ref for row in state.open() if row.status == IN_PROGRESS}
    run.emit(e.MIGRATED, {**payload, "Actor": dict(happening.actor)})
    for row in state.open():
        type = run.registry[row.type]
        if row.status == IN_PROGRESS and row.ref not in open_before and type.automatic and not type.timed:
            run.emit(e.RETRIED, {**named(row), "Run": row.run + 1, "Actor": dict(happening.actor)})
