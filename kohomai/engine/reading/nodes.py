"""Stages, decisions and ends of a document, read into typed models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kohomai.engine.definition import All, Branch, Decision, End, Node, Stage
from kohomai.engine.reading.activities import check_after, read_activity
from kohomai.engine.reading.conditions import read_condition
from kohomai.engine.reading.places import (
    Context,
    Place,
    read_duration,
    read_list,
    read_name,
    read_object,
    read_target,
)
from kohomai.engine.receipts import DEFAULT

NODE_TYPES = ("Stage", "Decision", "End")
MAX_ACTIVITIES = 200
MAX_BRANCHES = 100


def read_node(key: str, raw: object, context: Context) -> Node | None:
    """The node of this key; ``None``, with faults, when not even its type is clear."""
    place = Place(key)
    if not isinstance(raw, Mapping):
        context.fault(place, "WrongType", "A node must be an object.")
        return None
    kind = raw.get("Type")
    if kind == "Stage":
        return _read_stage(key, raw, place, context)
    if kind == "Decision":
        return _read_decision(key, raw, place, context)
    if kind == "End":
        return _read_end(key, raw, place, context)
    code = "WrongValue" if "Type" in raw else "Required"
    context.fault(place / "Type", code, f"The type of a node is one of {', '.join(NODE_TYPES)}.")
    return None


def _read_stage(key: str, raw: Mapping[str, Any], place: Place, context: Context) -> Stage:
    read_object(raw, place, context, ("Type", "Name", "Activities", "Next"))
    name = read_name(raw["Name"], place / "Name", context) if "Name" in raw else ""
    target = read_target(raw["Next"], place / "Next", context) if "Next" in raw else ""
    listed = (
        read_list(raw["Activities"], place / "Activities", context, MAX_ACTIVITIES)
        if "Activities" in raw
        else None
    )
    activities = tuple(
        activity
        for index, one in enumerate(listed or ())
        if (activity := read_activity(one, place / "Activities" / index, context)) is not None
    )
    if listed == [] and raw["Activities"] == []:
        context.fault(place / "Activities", "Empty", "A stage needs at least one activity.")
    elif listed and len(activities) == len(listed) and not any(one.required for one in activities):
        context.fault(place / "Activities", "Empty", "A stage needs at least one required activity.")
    check_after(activities, listed or [], place / "Activities", context)
    return Stage(key, name, activities, target)


def _read_decision(key: str, raw: Mapping[str, Any], place: Place, context: Context) -> Decision:
    read_object(raw, place, context, ("Type", "Name", "Branches", "Default"), ("WaitForData",))
    name = read_name(raw["Name"], place / "Name", context) if "Name" in raw else ""
    default = read_target(raw["Default"], place / "Default", context) if "Default" in raw else ""
    wait = timedelta(0)
    if raw.get("WaitForData") is not None:
        wait = read_duration(raw["WaitForData"], place / "WaitForData", context) or wait
    branches: list[Branch] = []
    names: set[str] = {DEFAULT.casefold()}
    listed = (
        read_list(raw["Branches"], place / "Branches", context, MAX_BRANCHES) if "Branches" in raw else []
    )
    for index, one in enumerate(listed):
        branch = _read_branch(one, place / "Branches" / index, context, names)
        if branch is not None:
            branches.append(branch)
    return Decision(key, name, tuple(branches), default, wait)


def _read_branch(raw: object, place: Place, context: Context, names: set[str]) -> Branch | None:
    """A branch; its name must not be among ``names`` (receipts tell branches apart by them) and is added."""
    fields = read_object(raw, place, context, ("Name", "When", "Next"))
    if fields is None:
        return None
    name = read_name(fields["Name"], place / "Name", context) if "Name" in fields else ""
    if name and name.casefold() in names:
        detail = (
            "Another way out of this decision has this name."
            if name.casefold() != DEFAULT.casefold()
            else (
                f"{DEFAULT} is how receipts name the way taken when no branch is; name the branch otherwise."
            )
        )
        context.fault(place / "Name", "Duplicate", detail)
    names.add(name.casefold())
    target = read_target(fields["Next"], place / "Next", context) if "Next" in fields else ""
    when = read_condition(fields["When"], place / "When", context) if "When" in fields else None
    # A condition with a fault still leaves the branch its arrow, which is judged with all others.
    return Branch(name, All(()) if when is None else when, target)


def _read_end(key: str, raw: Mapping[str, Any], place: Place, context: Context) -> End:
    read_object(raw, place, context, ("Type", "Name", "Outcome"))
    name = read_name(raw["Name"], place / "Name", context) if "Name" in raw else ""
    outcome = read_name(raw["Outcome"], place / "Outcome", context, 100) if "Outcome" in raw else ""
    return End(key, name, outcome)
