"""How a member takes part: whether they are there, how many leads they take, how they are told of what waits."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from kohomai.engine.errors import Fault
from kohomai.engine.values import parse_date_time
from kohomai.workspaces.checks import check_quiet_hours, read_time
from kohomai.workspaces.models import Membership

PRESENCES = ("Available", "Away")
MODES = ("AtOnce", "Digest", "Never")
MAX_CAPACITY = 100_000


@dataclass(frozen=True, slots=True)
class Participation:
    """What ``Membership`` keeps of it. Times of the day are by ``time_zone`` (``None``: the workspace's)."""

    presence: str
    away_until: datetime | None
    capacity: int | None
    notify: str
    digest_at: time
    quiet_from: time | None
    quiet_until: time | None
    time_zone: str | None

    @property
    def present(self) -> bool:
        """Whether they are there now: an absence ends by itself when its time has come."""
        over = self.away_until is not None and self.away_until <= datetime.now(UTC)
        return self.presence == "Available" or over


FIELDS = ("Presence", "AwayUntil", "Capacity", "TimeZone", "Notifications")


def of(row: Membership) -> Participation:
    """How the member of a row takes part."""
    return Participation(
        row.presence, row.away_until, row.capacity, row.notify, row.digest_at, row.quiet_from, row.quiet_until,
        row.time_zone,
    )  # fmt: skip


def read(changes: Mapping[str, object], faults: list[Fault]) -> dict[str, Any]:
    """The model's values of the API's fields (``FIELDS``) that are there; what is wrong is added to ``faults``."""
    values: dict[str, Any] = {}
    if "Presence" in changes:
        values["presence"] = _word(changes["Presence"], PRESENCES, "/Presence", faults)
        values.setdefault("away_until", None)
    if "AwayUntil" in changes:
        values["away_until"] = _moment(changes["AwayUntil"], faults)
    if "Capacity" in changes:
        values["capacity"] = _capacity(changes["Capacity"], faults)
    if "TimeZone" in changes:
        zone = values["time_zone"] = changes["TimeZone"]
        if zone is not None and (not isinstance(zone, str) or zone not in zoneinfo.available_timezones()):
            detail = "TimeZone must be a time zone, such as Europe/Berlin, or null for the workspace's."
            faults.append(Fault("/TimeZone", "WrongValue", detail))
    if "Notifications" in changes:
        values |= _notifications(changes["Notifications"], faults)
    return values


def _notifications(raw: object, faults: list[Fault]) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        faults.append(Fault("/Notifications", "WrongType", "Notifications must be an object."))
        return {}
    values: dict[str, Any] = {}
    for field, given in raw.items():
        pointer = f"/Notifications/{field}"
        if field == "Mode":
            values["notify"] = _word(given, MODES, pointer, faults)
        elif field == "DigestAt":
            values["digest_at"] = read_time(given, pointer, faults) or time(8)
        elif field in ("QuietFrom", "QuietUntil"):
            values["quiet_from" if field == "QuietFrom" else "quiet_until"] = read_time(
                given, pointer, faults
            )
        else:
            faults.append(Fault(pointer, "UnknownField", f"There is no field {str(field)[:60]!r} here."))
    check_quiet_hours(raw, "/Notifications", faults)
    return values


def _word(raw: object, words: tuple[str, ...], pointer: str, faults: list[Fault]) -> str:
    if isinstance(raw, str) and raw in words:
        return raw
    label = pointer.rpartition("/")[2]
    faults.append(Fault(pointer, "WrongValue", f"{label} must be one of {', '.join(words)}."))
    return words[0]


def _moment(raw: object, faults: list[Fault]) -> datetime | None:
    if raw is None:
        return None
    try:
        return parse_date_time(raw)
    except ValueError as error:
        faults.append(Fault("/AwayUntil", "WrongValue", f"AwayUntil {error}."))
        return None


def _capacity(raw: object, faults: list[Fault]) -> int | None:
    if raw is None or (isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= MAX_CAPACITY):
        return raw
    detail = f"Capacity must be a number from 0 to {MAX_CAPACITY:,}, or null for any number."
    faults.append(Fault("/Capacity", "WrongValue", detail))
    return None
