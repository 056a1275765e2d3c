"""Activities of a stage, and whom they fall to, read into typed models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from kohomai.engine.definition import ActivityDefinition, AssigneeRule
from kohomai.engine.graph import cycles
from kohomai.engine.reading.places import (
    Context,
    Place,
    quoted,
    read_duration,
    read_list,
    read_name,
    read_object,
    read_target,
    read_word,
)
from kohomai.engine.types import ActivityType
from kohomai.engine.values import MAX_ID, ValueType, parse_document

ROLES = ("Administrator", "Manager")
MAX_REMINDERS = 20
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_FIELDS_OF_KIND: Mapping[str, tuple[str, ...]] = {
    "Lead": (),
    "Owner": (),
    "Role": ("Role",),
    "User": ("Id",),
    "Stakeholder": ("Email", "DataPoint"),
    "Automatic": (),
}


def read_activity(raw: object, place: Place, context: Context) -> ActivityDefinition | None:
    """One activity, what cannot be read of it left plain; ``None`` when it is no object."""
    optional = ("Assignee", "Required", "After", "DueIn", "Remind", "WhenOverdue", "Settings")
    fields = read_object(raw, place, context, ("Key", "Type", "Name"), optional)
    if fields is None:
        return None
    name = read_name(fields["Name"], place / "Name", context) if "Name" in fields else ""
    kind = _read_type(fields, place, context)
    assignee = _read_assignee(fields, place / "Assignee", context, kind)
    due_in, remind = _read_times(fields, place, context)
    when_overdue, go_to = _read_when_overdue(
        fields.get("WhenOverdue", "Notify"), place / "WhenOverdue", context
    )
    required = fields.get("Required", True)
    if not isinstance(required, bool):
        context.fault(place / "Required", "WrongType", "This must be true or false.")
    after = read_list(fields["After"], place / "After", context, 200) if "After" in fields else []
    raw_settings = fields.get("Settings", {})
    settings = None if kind is None else _read_settings(kind, raw_settings, place / "Settings", context)
    key = fields.get("Key")
    return ActivityDefinition(
        key=key if isinstance(key, str) else "",
        type="" if kind is None else kind.name,
        name=name,
        assignee=assignee or AssigneeRule("Lead"),
        required=required is not False,
        after=tuple(key for key in after if isinstance(key, str)),
        due_in=due_in,
        remind=remind,
        when_overdue=when_overdue,
        go_to=go_to,
        settings=settings,
        raw_settings=raw_settings if isinstance(raw_settings, Mapping) else {},
    )


def _read_type(fields: Mapping[str, Any], place: Place, context: Context) -> ActivityType | None:
    name = fields.get("Type")
    if isinstance(name, str) and name in context.registry:
        return context.registry[name]
    if "Type" in fields:
        known = ", ".join(context.registry)
        detail = f"There is no activity type {quoted(name)} (there are: {known})."
        context.fault(place / "Type", "Unknown", detail)
    return None


def _read_settings(kind: ActivityType, raw: object, place: Place, context: Context) -> Any:
    """The settings as the type's own model; what the type refuses are faults."""
    if not isinstance(raw, Mapping):
        context.fault(place, "WrongType", "This must be an object.")
        return None
    settings, faults = kind.parse_settings(raw, context)
    if context.stored and settings is not None:
        return settings
    for fault in faults:
        below = (fault.pointer or "").removeprefix("/Settings").strip("/")
        where = Place(place.node, f"{place.path}/{below}") if below else place
        context.fault(where, fault.code, fault.detail)
    return settings


# --- times --------------------------------------------------------------------------------------------------


def _read_times(
    fields: Mapping[str, Any], place: Place, context: Context
) -> tuple[timedelta | None, tuple[timedelta, ...]]:
    """How long after its opening it is due, and how long before that reminders go out."""
    due_in = None
    if fields.get("DueIn") is not None:
        due_in = read_duration(fields["DueIn"], place / "DueIn", context)
    remind: list[timedelta] = []
    listed = (
        read_list(fields["Remind"], place / "Remind", context, MAX_REMINDERS) if "Remind" in fields else []
    )
    if listed and fields.get("DueIn") is None:
        context.fault(place / "DueIn", "Required", "Reminders count back from the due time: say DueIn.")
    for index, one in enumerate(listed):
        before = read_duration(one, place / "Remind" / index, context)
        if before is not None:
            remind.append(before)  # one that is past when the activity opens is left out then
    return due_in, tuple(remind)


def _read_when_overdue(raw: object, place: Place, context: Context) -> tuple[str, str | None]:
    if isinstance(raw, Mapping):
        fields = read_object(raw, place, context, ("GoTo",)) or {}
        target = read_target(fields["GoTo"], place / "GoTo", context) if "GoTo" in fields else ""
        return "GoTo", target
    word = raw if isinstance(raw, str) and raw in ("Notify", "Skip") else None
    if word is None:
        context.fault(place, "WrongValue", 'This must be "Notify", "Skip" or {"GoTo": the key of a node}.')
    return word or "Notify", None


# --- assignee -----------------------------------------------------------------------------------------------


def _read_assignee(
    fields: Mapping[str, Any], place: Place, context: Context, kind: ActivityType | None
) -> AssigneeRule | None:
    """Whom it falls to; an automatic type needs none said."""
    if "Assignee" not in fields:
        if kind is not None and kind.automatic:
            return AssigneeRule("Automatic")
        if kind is not None:
            context.fault(place, "Required", "Assignee is missing.")
        return None
    raw = fields["Assignee"]
    word = raw.get("Kind") if isinstance(raw, Mapping) else None
    own = _FIELDS_OF_KIND.get(word, ()) if isinstance(word, str) else ()
    if (given := read_object(raw, place, context, ("Kind",), own)) is None or "Kind" not in given:
        return None
    if read_word(word, place / "Kind", context, tuple(_FIELDS_OF_KIND)) is None or not isinstance(word, str):
        return None
    if kind is not None and kind.automatic != (word == "Automatic"):
        only = "is done automatically" if kind.automatic else "needs a person"
        context.fault(place / "Kind", "Assignee", f"The type {kind.name} {only}.")
    if word == "Role":
        return _read_role(given, place, context)
    if word == "User":
        return _read_user(given, place, context)
    if word == "Stakeholder":
        return _read_stakeholder(given, place, context)
    if word == "Owner":
        return AssigneeRule("Owner", data_point=context.find("Owner"))
    return AssigneeRule(word)


def _read_role(given: Mapping[str, Any], place: Place, context: Context) -> AssigneeRule | None:
    role = read_word(given.get("Role"), place / "Role", context, ROLES)
    return None if role is None else AssigneeRule("Role", role=role)


def _read_user(given: Mapping[str, Any], place: Place, context: Context) -> AssigneeRule | None:
    try:
        return AssigneeRule("User", user_id=int(parse_document(given.get("Id"))))
    except ValueError:
        context.fault(place / "Id", "WrongValue", f"This must be the id of a user, below {MAX_ID + 1}.")
        return None


def _read_stakeholder(given: Mapping[str, Any], place: Place, context: Context) -> AssigneeRule | None:
    if ("Email" in given) == ("DataPoint" in given):
        context.fault(place / "Email", "Required", "A stakeholder is named either by Email or by DataPoint.")
        return None
    if "Email" in given:
        email = given["Email"]
        if isinstance(email, str) and _EMAIL.fullmatch(email):
            return AssigneeRule("Stakeholder", email=email)
        context.fault(place / "Email", "WrongValue", "This must be an e-mail address.")
        return None
    point = context.data_point(given["DataPoint"], place / "DataPoint")
    if point is None:
        return None
    if point.type is not ValueType.TEXT:
        context.fault(
            place / "DataPoint", "WrongType", "The data point must be a text: it holds an e-mail address."
        )
    return AssigneeRule("Stakeholder", data_point=point)


# --- what waits for what ------------------------------------------------------------------------------------


def check_after(
    activities: Sequence[ActivityDefinition], listed: Sequence[Any], place: Place, context: Context
) -> None:
    """Faults of ``After``: what is not in the stage, what goes in a circle, and what must not be waited for."""
    places = {one.get("Key"): index for index, one in reversed(list(enumerate(listed))) if _has_key(one)}
    required = {activity.key: activity.required for activity in activities}
    for index, one in enumerate(listed):
        after = one.get("After") if _has_key(one) else None
        for position, key in enumerate(after if isinstance(after, list) else ()):
            where = place / index / "After" / position
            if not isinstance(key, str):
                context.fault(where, "WrongType", "This must be the key of an activity.")
            elif key not in places:
                elsewhere = "lies in another stage" if key in context.activities else "is not there"
                context.fault(where, "Unknown", f"The activity {quoted(key)} {elsewhere}.")
            elif after.index(key) != position:  # type: ignore[union-attr]
                context.fault(where, "Duplicate", f"{quoted(key)} is there twice.")
            elif required.get(one["Key"]) and required.get(key) is False:
                detail = f"A required activity may not wait for an optional one ({quoted(key)})."
                context.fault(where, "WrongValue", detail)
    arrows = {one.key: [key for key in one.after if key in places] for one in activities}
    for circle in cycles(arrows):
        where = place / places[circle[0]] / "After"
        context.fault(where, "Cycle", f"These wait for each other: {' → '.join(circle)}.")


def _has_key(raw: object) -> bool:
    return isinstance(raw, Mapping) and isinstance(raw.get("Key"), str)
