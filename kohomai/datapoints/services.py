"""Data points: made, found, changed, archived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from kohomai.datapoints.catalogue import catalogue, forget, name_key
from kohomai.datapoints.models import DataPoint, DataPointName, DataPointType
from kohomai.datapoints.system import SYSTEM
from kohomai.engine.errors import Conflict, Fault, Invalid, NotFound
from kohomai.engine.values import parse_text
from kohomai.workspaces.checks import NAME_LENGTH, raise_faults, read_name

TYPES = tuple(kind.value for kind in DataPointType)
CHOICE = DataPointType.CHOICE.value
MAX_CHOICES = 1_000
MAX_DESCRIPTION = 1_000
_NO_SUCH = "There is no such data point."


def create(
    workspace_id: int, *, name: object, type: object, choices: object = None, description: object = None
) -> DataPoint:
    """A new data point of one of ``TYPES``; ``choices`` belong to the type Choice, and only to it.

    Raises ``Invalid`` with every fault; a name that is or was another's is one (``Taken``).
    """
    faults: list[Fault] = []
    values: dict[str, Any] = {
        "name": _read_name(name, faults),
        "type": _read_type(type, faults),
        "choices": _read_choices(choices, type, faults),
        "description": _read_description(description, faults),
    }
    if not faults and _owner(workspace_id, values["name"]) is not None:
        faults.append(_taken(values["name"]))
    raise_faults(faults)
    try:
        with transaction.atomic():
            row = DataPoint.objects.create(workspace_id=workspace_id, **values)
            _add_name(row)
    except IntegrityError:  # somebody else was a moment faster
        raise Invalid([_taken(values["name"])]) from None
    forget(workspace_id)
    return row


def make_system_points(workspace_id: int) -> None:
    """Make the data points that are always there, as far as they are missing."""
    there = set(
        DataPoint.objects.filter(workspace_id=workspace_id, system=True).values_list("name", flat=True)
    )
    rows = DataPoint.objects.bulk_create(
        DataPoint(workspace_id=workspace_id, name=name, type=kind.value, system=True, used_at=timezone.now())
        for name, kind in SYSTEM.items()
        if name not in there
    )
    DataPointName.objects.bulk_create(
        DataPointName(workspace_id=workspace_id, name_key=name_key(row.name), data_point=row) for row in rows
    )
    forget(workspace_id)


def get(workspace_id: int, data_point_id: int) -> DataPoint:
    """One data point of the workspace. Raises ``NotFound``."""
    row = DataPoint.objects.filter(workspace_id=workspace_id, id=data_point_id).first()
    if row is None:
        raise NotFound(_NO_SUCH)
    return row


def listed(
    workspace_id: int,
    *,
    after: int = 0,
    limit: int = 50,
    descending: bool = False,
    filters: Mapping[str, Any] | None = None,
) -> list[DataPoint]:
    """Up to ``limit`` data points beyond the ``Id`` ``after``, in order of ``Id``.

    ``filters`` may name ``name`` (former names too), ``type``, ``system``, ``archived``, ``created_after``
    and ``changed_after``.
    """
    wanted = dict(filters or {})
    rows = DataPoint.objects.filter(workspace_id=workspace_id)
    if (name := wanted.pop("name", None)) is not None:
        point = catalogue(workspace_id, fresh=True).find(name)
        rows = rows.filter(id=point.id if point else 0)
    if (archived := wanted.pop("archived", None)) is not None:
        rows = rows.filter(archived_at__isnull=not archived)
    for field, lookup in (("created_after", "created_at__gt"), ("changed_after", "changed_at__gt")):
        if (moment := wanted.pop(field, None)) is not None:
            rows = rows.filter(**{lookup: moment})
    rows = rows.filter(**{field: value for field, value in wanted.items() if value is not None})
    if descending:
        rows = rows.filter(id__lt=after) if after else rows
        return list(rows.order_by("-id")[:limit])
    return list(rows.filter(id__gt=after).order_by("id")[:limit])


def change(workspace_id: int, data_point_id: int, changes: Mapping[str, object]) -> DataPoint:
    """Change what ``changes`` names: Name, Type, Choices, Description, Archived.

    The former name goes on leading to it. Raises ``NotFound``, ``Invalid`` with every fault, and
    ``Conflict`` when it is the system's, or its type is wanted otherwise after it was used.
    """
    with transaction.atomic():
        row = (
            DataPoint.objects.select_for_update().filter(workspace_id=workspace_id, id=data_point_id).first()
        )
        if row is None:
            raise NotFound(_NO_SUCH)
        faults: list[Fault] = []
        before = row.type
        _apply(row, changes, faults)
        if not faults and _owner(workspace_id, row.name) not in (None, row.id):
            faults.append(_taken(row.name))
        raise_faults(faults)
        if row.system:
            raise Conflict("The system's data points cannot be changed.")
        if row.type != before and row.used_at is not None:
            raise Conflict("This data point is used already: its type is fixed.")
        try:
            with transaction.atomic():
                _add_name(row)
                row.save()
        except IntegrityError:
            raise Invalid([_taken(row.name)]) from None
    forget(workspace_id)
    return row


def archive(workspace_id: int, data_point_id: int) -> DataPoint:
    """Take a data point out of what is offered; what uses it goes on. Raises ``NotFound``, ``Conflict``."""
    return change(workspace_id, data_point_id, {"Archived": True})


def mark_used(workspace_id: int, data_point_ids: Iterable[int]) -> None:
    """Fix the type of these data points from now on. Costs nothing where they are known to be used."""
    new = catalogue(workspace_id).unused.intersection(data_point_ids)
    if new:
        DataPoint.objects.filter(workspace_id=workspace_id, id__in=new, used_at=None).update(
            used_at=timezone.now()
        )
        transaction.on_commit(lambda: forget(workspace_id))


# --- reading and writing --------------------------------------------------------------------------------------


def _apply(row: DataPoint, changes: Mapping[str, object], faults: list[Fault]) -> None:
    if "Name" in changes:
        row.name = _read_name(changes["Name"], faults)
    if "Type" in changes:
        row.type = _read_type(changes["Type"], faults)
    if "Choices" in changes or "Type" in changes:
        given = changes.get("Choices", row.choices if row.type == CHOICE else None)
        row.choices = _read_choices(given, row.type, faults)
    if "Description" in changes:
        row.description = _read_description(changes["Description"], faults)
    if "Archived" in changes:
        if not isinstance(changes["Archived"], bool):
            faults.append(Fault("/Archived", "WrongType", "Archived must be true or false."))
        elif not changes["Archived"]:
            row.archived_at = None
        else:
            row.archived_at = row.archived_at or timezone.now()


def _owner(workspace_id: int, name: str) -> int | None:
    """The ``Id`` of the data point that has, or had, this name."""
    names = DataPointName.objects.filter(workspace_id=workspace_id, name_key=name_key(name))
    return names.values_list("data_point_id", flat=True).first()


def _add_name(row: DataPoint) -> None:
    key = name_key(row.name)
    DataPointName.objects.filter(data_point=row, current=True).exclude(name_key=key).update(current=False)
    if not DataPointName.objects.filter(data_point=row, name_key=key).update(current=True):
        DataPointName.objects.create(workspace_id=row.workspace_id, name_key=key, data_point=row)


def _taken(name: str) -> Fault:
    return Fault("/Name", "Taken", f"There is (or was) a data point {name!r} already.")


def _read_name(raw: object, faults: list[Fault]) -> str:
    name = read_name(raw, "/Name", faults)
    if len(name_key(name)) > NAME_LENGTH:  # some letters become three when case is taken out
        faults.append(Fault("/Name", "WrongValue", f"Name must not be longer than {NAME_LENGTH} characters."))
        return ""
    return name


def _read_type(raw: object, faults: list[Fault]) -> str:
    if isinstance(raw, str) and raw in TYPES:
        return raw
    code = "Required" if raw is None else "WrongValue"
    faults.append(Fault("/Type", code, f"Type must be one of {', '.join(TYPES)}."))
    return ""


def _read_description(raw: object, faults: list[Fault]) -> str:
    if raw is None or raw == "":
        return ""
    try:
        text = parse_text(raw)
        if len(text) > MAX_DESCRIPTION:
            raise ValueError(f"must not be longer than {MAX_DESCRIPTION:,} characters")
    except ValueError as error:
        faults.append(Fault("/Description", "WrongValue", f"Description {error}."))
        return ""
    return text


def _read_choices(raw: object, kind: object, faults: list[Fault]) -> list[str]:
    if kind != CHOICE:
        if raw not in (None, []):
            faults.append(Fault("/Choices", "NotAllowed", "Choices belong to the type Choice only."))
        return []
    if raw is None or raw == []:
        faults.append(Fault("/Choices", "Required", "A Choice needs its Choices."))
        return []
    if not isinstance(raw, list) or len(raw) > MAX_CHOICES:
        faults.append(Fault("/Choices", "WrongType", f"Choices must be a list of at most {MAX_CHOICES:,}."))
        return []
    seen: set[str] = set()
    choices: list[str] = []
    for position, one in enumerate(raw):
        choice = read_name(one, f"/Choices/{position}", faults)
        if choice and name_key(choice) in seen:
            faults.append(Fault(f"/Choices/{position}", "Duplicate", f"{choice!r} is there twice."))
        seen.add(name_key(choice))
        choices.append(choice)
    return choices
