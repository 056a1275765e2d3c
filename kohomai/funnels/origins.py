"""The ways into a funnel, and the references they are found by."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from kohomai.datapoints.catalogue import catalogue
from kohomai.datapoints.system import COMPUTED
from kohomai.engine.errors import Conflict, Fault, NotFound
from kohomai.funnels.models import Funnel, Origin
from kohomai.workspaces.caching import ShortCache
from kohomai.workspaces.checks import raise_faults, read_name

TYPES = tuple(kind.value for kind in Origin.Type)
API = Origin.Type.API.value
MAX_DATA_POINTS = 200
MAX_TEXT = 10_000
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_REF = re.compile(r"[a-z0-9]{1,40}")
_NO_SUCH = "There is no such origin."


@dataclass(frozen=True, slots=True)
class OriginInfo:
    """An origin as registration sees it.

    ``data_points`` are the ``Id``s that publishable keys and pages may fill in, ``settings`` the page's.
    ``closed`` when nobody may come in by it any more, or its funnel is archived.
    """

    id: int
    workspace_id: int
    funnel_id: int
    type: str
    name: str
    ref: str
    data_points: tuple[int, ...]
    settings: Mapping[str, Any]
    closed: bool


# --- finding ------------------------------------------------------------------------------------------------


def find(ref: str) -> OriginInfo | None:
    """The origin of this reference, in whatever workspace; ``None`` when there is none.

    At most a few seconds old; what is not there is never remembered.
    """
    return _by_ref.get(ref) if _REF.fullmatch(ref) else None


def api_origin_of(workspace_id: int, funnel_id: int) -> OriginInfo:
    """The API origin that was made with the funnel. Raises ``NotFound``."""
    found = _own.get((workspace_id, funnel_id, API))
    if found is None:
        raise NotFound("There is no such funnel.")
    return found


def built_in(workspace_id: int, funnel_id: int, type: str) -> OriginInfo:
    """The API, Manual or Import origin that was made with the funnel. Raises ``NotFound``."""
    found = _own.get((workspace_id, funnel_id, type))
    if found is None:
        raise NotFound("There is no such funnel.")
    return found


def info(row: Origin) -> OriginInfo:
    """An origin's row as the other rooms use it."""
    return OriginInfo(
        id=row.id,
        workspace_id=row.workspace_id,
        funnel_id=row.funnel_id,
        type=row.type,
        name=row.name,
        ref=row.ref,
        data_points=tuple(row.data_points),
        settings=row.settings,
        closed=row.closed_at is not None or row.funnel.archived_at is not None,
    )


def _load_by_ref(ref: str) -> OriginInfo | None:
    row = Origin.objects.filter(ref=ref).select_related("funnel").first()
    return None if row is None else info(row)


def _load_own(key: tuple[int, int, str]) -> OriginInfo | None:
    workspace_id, funnel_id, kind = key
    rows = Origin.objects.filter(workspace_id=workspace_id, funnel_id=funnel_id, type=kind, built_in=True)
    row = rows.select_related("funnel").first()
    return None if row is None else info(row)


_by_ref: ShortCache[str, OriginInfo] = ShortCache(_load_by_ref)
_own: ShortCache[tuple[int, int, str], OriginInfo] = ShortCache(_load_own)


def forget() -> None:
    """Forget what this process remembers of origins."""
    _by_ref.clear()
    _own.clear()


# --- making, listing, changing ---------------------------------------------------------------------------------


def new_ref() -> str:
    """A reference that nobody guesses."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def make_built_in(workspace_id: int, funnel_id: int) -> None:
    """The origins that each funnel has from the start."""
    kinds = (Origin.Type.API, Origin.Type.MANUAL, Origin.Type.IMPORT)
    Origin.objects.bulk_create(
        Origin(
            workspace_id=workspace_id,
            funnel_id=funnel_id,
            type=kind,
            name=kind.value,
            ref=new_ref(),
            built_in=True,
        )
        for kind in kinds
    )


def create(
    workspace_id: int,
    funnel_id: int,
    *,
    type: object,
    name: object,
    data_points: object = None,
    settings: object = None,
) -> Origin:
    """A further way into a funnel. ``data_points`` are named by name or ``Id``.

    Raises ``NotFound`` for the funnel, ``Conflict`` when it is archived, ``Invalid`` with every fault.
    """
    funnel = Funnel.objects.filter(workspace_id=workspace_id, id=funnel_id).first()
    if funnel is None:
        raise NotFound("There is no such funnel.")
    faults: list[Fault] = []
    values: dict[str, Any] = {"name": read_name(name, "/Name", faults)}
    if type in TYPES:
        values["type"] = type
    else:
        code = "Required" if type is None else "WrongValue"
        faults.append(Fault("/Type", code, f"Type must be one of {', '.join(TYPES)}."))
    values["data_points"] = _read_data_points(workspace_id, data_points, faults)
    values["settings"] = _read_settings(settings, faults)
    raise_faults(faults)
    if funnel.archived_at is not None:
        raise Conflict("This funnel is archived.")
    return Origin.objects.create(workspace_id=workspace_id, funnel=funnel, ref=new_ref(), **values)


def listed(
    workspace_id: int, funnel_id: int, *, after: int = 0, limit: int = 50, descending: bool = False
) -> list[Origin]:
    """Up to ``limit`` origins of the funnel beyond the ``Id`` ``after``. Raises ``NotFound`` for the funnel."""
    if not Funnel.objects.filter(workspace_id=workspace_id, id=funnel_id).exists():
        raise NotFound("There is no such funnel.")
    rows = Origin.objects.filter(workspace_id=workspace_id, funnel_id=funnel_id)
    if descending:
        rows = rows.filter(id__lt=after) if after else rows
        return list(rows.order_by("-id")[:limit])
    return list(rows.filter(id__gt=after).order_by("id")[:limit])


def get(workspace_id: int, funnel_id: int, origin_id: int) -> Origin:
    """One origin of the funnel. Raises ``NotFound``."""
    row = Origin.objects.filter(workspace_id=workspace_id, funnel_id=funnel_id, id=origin_id).first()
    if row is None:
        raise NotFound(_NO_SUCH)
    return row


def change(workspace_id: int, funnel_id: int, origin_id: int, changes: Mapping[str, object]) -> Origin:
    """Change what ``changes`` names: Name, DataPoints, Settings, Closed.

    Raises ``NotFound``, ``Invalid`` with every fault, and ``Conflict`` when the funnel's own API origin is to
    be closed.
    """
    with transaction.atomic():
        rows = Origin.objects.select_for_update().filter(workspace_id=workspace_id, funnel_id=funnel_id)
        row = rows.filter(id=origin_id).first()
        if row is None:
            raise NotFound(_NO_SUCH)
        faults: list[Fault] = []
        if "Name" in changes:
            row.name = read_name(changes["Name"], "/Name", faults)
        if "DataPoints" in changes:
            row.data_points = _read_data_points(workspace_id, changes["DataPoints"], faults)
        if "Settings" in changes:
            row.settings = _read_settings(changes["Settings"], faults)
        closed = changes.get("Closed")
        if "Closed" in changes and not isinstance(closed, bool):
            faults.append(Fault("/Closed", "WrongType", "Closed must be true or false."))
        raise_faults(faults)
        if closed and row.built_in:
            raise Conflict(
                "The origins that came with the funnel cannot be closed; archive the funnel instead."
            )
        if "Closed" in changes:
            row.closed_at = (row.closed_at or timezone.now()) if closed else None
        row.save()
    forget()
    return row


def check_refs(workspace_id: int, refs: object, pointer: str, faults: list[Fault]) -> list[str]:
    """References of API origins of the workspace, as a publishable key is tied to them."""
    if not isinstance(refs, list) or len(refs) > MAX_DATA_POINTS:
        faults.append(Fault(pointer, "WrongType", "This must be a list of references."))
        return []
    known = set(
        Origin.objects.filter(
            workspace_id=workspace_id,
            type=API,
            ref__in=[r for r in refs if isinstance(r, str) and _REF.fullmatch(r)],
        ).values_list("ref", flat=True)
    )
    for position, ref in enumerate(refs):
        if not isinstance(ref, str) or ref not in known:
            faults.append(
                Fault(f"{pointer}/{position}", "Unknown", "There is no API origin of this reference.")
            )
    return [ref for ref in refs if isinstance(ref, str) and ref in known]


def _read_data_points(workspace_id: int, raw: object, faults: list[Fault]) -> list[int]:
    if raw is None:
        return []
    if not isinstance(raw, list) or len(raw) > MAX_DATA_POINTS:
        detail = f"DataPoints must be a list of at most {MAX_DATA_POINTS} names or Ids."
        faults.append(Fault("/DataPoints", "WrongType", detail))
        return []
    points = catalogue(workspace_id, fresh=True)
    ids: list[int] = []
    for position, one in enumerate(raw):
        point = points.find(one) if isinstance(one, str | int) and not isinstance(one, bool) else None
        pointer = f"/DataPoints/{position}"
        if point is None:
            faults.append(Fault(pointer, "UnknownDataPoint", "There is no such data point."))
        elif points.is_system(point.id) and point.name in COMPUTED:
            faults.append(Fault(pointer, "Computed", f"{point.name} is computed and cannot be sent."))
        else:
            ids.append(point.id)
    return list(dict.fromkeys(ids))


def _read_settings(raw: object, faults: list[Fault]) -> dict[str, Any]:
    """A page's settings: ``Consent`` (its ``Text`` and ``Version``), ``DoubleOptIn``, ``Required`` (fields)."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        faults.append(Fault("/Settings", "WrongType", "Settings must be an object."))
        return {}
    for name, value in raw.items():
        pointer = "/Settings/" + name.replace("~", "~0").replace("/", "~1")
        if name == "DoubleOptIn":
            fine = isinstance(value, bool)
        elif name == "Required":
            fine = isinstance(value, list) and set(map(str, value)) <= {
                "Firstname",
                "Lastname",
                "PhoneNumber",
            }
        elif name == "Consent":
            fine = _is_consent(value)
        else:
            faults.append(Fault(pointer, "UnknownField", f"There is no field {name!r} here."))
            continue
        if not fine:
            faults.append(Fault(pointer, "WrongValue", f"{name} is not as it must be."))
    return raw


def _is_consent(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or set(value) - {"Text", "Version"}:
        return False
    text, version = value.get("Text"), value.get("Version", "1")
    if not isinstance(text, str) or not isinstance(version, str):
        return False
    return bool(text.strip()) and len(text) <= MAX_TEXT and 0 < len(version) <= 100
