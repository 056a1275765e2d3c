"""Where a lead came from: what is kept of it at first and at last touch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kohomai.engine.errors import Fault
from kohomai.engine.values import parse_text

FIELDS: Mapping[str, str | None] = {
    "Referrer": "Referrer",
    "LandingPage": "Landing page",
    "UTMSource": "UTM source",
    "UTMMedium": "UTM medium",
    "UTMCampaign": "UTM campaign",
    "UTMTerm": "UTM term",
    "UTMContent": "UTM content",
    "UTMId": "UTM id",
    "GCLID": "Click id",
    "FBCLID": "Click id",
    "MSCLKID": "Click id",
}
"""The fields of ``Attribution``, and the system data point each one fills."""

MAX_LENGTH = 2_000


def read_attribution(raw: object) -> tuple[dict[str, str], list[Fault]]:
    """What was sent as ``Attribution``, by field, and every fault (pointers below ``/Attribution``)."""
    if raw is None:
        return {}, []
    if not isinstance(raw, dict):
        return {}, [Fault("/Attribution", "WrongType", "Attribution must be an object.")]
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in raw.items():
        pointer = f"/Attribution/{name}"
        if name not in FIELDS:
            faults.append(Fault(pointer, "UnknownField", f"Attribution has no field {name!r}."))
            continue
        if value is None or value == "":
            continue
        try:
            text = parse_text(value)
            if len(text) > MAX_LENGTH:
                raise ValueError(f"must not be longer than {MAX_LENGTH:,} characters")
        except ValueError as error:
            faults.append(Fault(pointer, "WrongValue", f"{name} {error}."))
        else:
            values[name] = text
    return values, faults


def data_point_values(attribution: Mapping[str, Any]) -> dict[str, str]:
    """The values of the system data points that an attribution fills; the first click id counts."""
    values: dict[str, str] = {}
    for field, point in FIELDS.items():
        if point and field in attribution:
            values.setdefault(point, attribution[field])
    return values
