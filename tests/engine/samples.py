"""Data points, activity types and a document for the engine's tests."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kohomai.engine.errors import Fault
from kohomai.engine.types import ActivityType, DataPoints, Facts, Outcome, Reference, references
from kohomai.engine.values import DataPoint, ValueType

POINTS = (
    DataPoint(1, "Email is free", ValueType.YES_NO),
    DataPoint(2, "Company size", ValueType.NUMBER),
    DataPoint(3, "Industry", ValueType.TEXT),
    DataPoint(4, "Country", ValueType.TEXT),
    DataPoint(5, "Budget", ValueType.AMOUNT),
    DataPoint(6, "Start date", ValueType.DATE),
    DataPoint(7, "Signatory e-mail", ValueType.TEXT),
    DataPoint(8, "Registered at", ValueType.DATE_TIME),
    DataPoint(9, "Plan", ValueType.CHOICE, ("Small", "Large")),
    DataPoint(10, "Contract", ValueType.DOCUMENT),
    DataPoint(11, "Owner", ValueType.TEXT),
)
BY_ID = {point.id: point for point in POINTS}
FORMER_NAMES = {"turnover": 5}


class Points:
    """Finds the data points above by name, former name or ``Id``."""

    def find(self, reference: str | int) -> DataPoint | None:
        if isinstance(reference, int):
            return BY_ID.get(reference)
        folded = reference.casefold()
        by_name = {point.name.casefold(): point for point in POINTS}
        return by_name.get(folded) or BY_ID.get(FORMER_NAMES.get(folded, 0))


@dataclass
class SampleType:
    """An activity type whose settings may have ``Fields``, each with a ``DataPoint``."""

    name: str
    automatic: bool = False
    results: Mapping[str, ValueType] = field(default_factory=dict)
    system_points: tuple[str, ...] = ()

    def parse_settings(self, raw: Mapping[str, Any], data_points: DataPoints) -> tuple[Any, list[Fault]]:
        listed = raw.get("Fields", [])
        if not isinstance(listed, list):
            return None, [Fault("/Settings/Fields", "WrongType", "This must be a list.")]
        ids, faults = [], []
        for index, one in enumerate(listed):
            name = one.get("DataPoint") if isinstance(one, dict) else None
            point = data_points.find(name) if isinstance(name, str | int) else None
            if point is None:
                faults.append(Fault(f"/Settings/Fields/{index}/DataPoint", "Unknown", "No such data point."))
            else:
                ids.append(point.id)
        return tuple(ids), faults

    def settings_references(self, raw: Mapping[str, Any]) -> Iterable[Reference]:
        return references(raw.get("Fields"))

    def check(self, settings: Any, result: Any, data: Any, known: Any) -> list[Fault]:
        return []

    def accepts(self, settings: Any) -> frozenset[int] | None:
        return frozenset(settings)

    def due_by_itself(self, settings: Any, opened_at: datetime) -> datetime | None:
        return None

    def run_pure(self, settings: Any, facts: Facts) -> Outcome:
        return Outcome()


REGISTRY: Mapping[str, ActivityType] = {
    kind.name: kind  # type: ignore[misc]
    for kind in (
        SampleType("Form"),
        SampleType("Booking"),
        SampleType("Signature", results={"Signed": ValueType.YES_NO}),
        SampleType("Video", results={"Share": ValueType.NUMBER}),
        SampleType("Approval", results={"Approved": ValueType.YES_NO, "Comment": ValueType.TEXT}),
        SampleType("AssignOwner", automatic=True),
    )
}

_LEAD = {"Kind": "Lead"}
_REFERENCE: dict[str, Any] = {
    "Name": "B2B onboarding",
    "Reentry": "WhenEnded",
    "Start": "qualify",
    "Nodes": {
        "qualify": {
            "Type": "Decision",
            "Name": "Which kind of customer?",
            "WaitForData": "PT30S",
            "Branches": [
                {
                    "Name": "Private address",
                    "When": {"DataPoint": "Email is free", "Operator": "Is", "Value": True},
                    "Next": "nurture",
                },
                {
                    "Name": "Enterprise",
                    "When": {
                        "All": [
                            {"DataPoint": "Company size", "Operator": "AtLeast", "Value": 250},
                            {
                                "Any": [
                                    {
                                        "DataPoint": "Industry",
                                        "Operator": "In",
                                        "Value": ["Banking", "Insurance"],
                                    },
                                    {"Not": {"DataPoint": "Country", "Operator": "Is", "Value": "US"}},
                                ]
                            },
                        ]
                    },
                    "Next": "discovery",
                },
            ],
            "Default": "start",
        },
        "discovery": {
            "Type": "Stage",
            "Name": "Discovery",
            "Next": "fit",
            "Activities": [
                {
                    "Key": "owner",
                    "Type": "AssignOwner",
                    "Name": "Give it an owner",
                    "Assignee": {"Kind": "Automatic"},
                    "Settings": {"Mode": "RoundRobin", "Role": "Manager"},
                },
                {
                    "Key": "needs",
                    "Type": "Form",
                    "Name": "Tell us what you need",
                    "Assignee": _LEAD,
                    "DueIn": "P3D",
                    "Remind": ["PT24H"],
                    "Settings": {
                        "Fields": [{"DataPoint": "Budget", "Required": True}, {"DataPoint": "Start date"}]
                    },
                },
                {
                    "Key": "call",
                    "Type": "Booking",
                    "Name": "Book a call",
                    "Assignee": _LEAD,
                    "After": ["owner", "needs"],
                    "Settings": {"Minutes": 30},
                },
                {
                    "Key": "check",
                    "Type": "Approval",
                    "Name": "Good fit?",
                    "Assignee": {"Kind": "Role", "Role": "Manager"},
                    "After": ["call"],
                },
            ],
        },
        "fit": {
            "Type": "Decision",
            "Name": "Good fit?",
            "Branches": [
                {
                    "Name": "Yes",
                    "When": {"Result": "check.Approved", "Operator": "Is", "Value": True},
                    "Next": "contract",
                }
            ],
            "Default": "nurture",
        },
        "contract": {
            "Type": "Stage",
            "Name": "Contract",
            "Next": "won",
            "Activities": [
                {
                    "Key": "sign",
                    "Type": "Signature",
                    "Name": "Sign the contract",
                    "Assignee": {"Kind": "Stakeholder", "DataPoint": "Signatory e-mail"},
                    "Settings": {"Document": "12"},
                }
            ],
        },
        "start": {
            "Type": "Stage",
            "Name": "Getting started",
            "Next": "won",
            "Activities": [
                {
                    "Key": "video",
                    "Type": "Video",
                    "Name": "Watch the tour",
                    "Assignee": _LEAD,
                    "Settings": {"URL": "https://example.com/tour.mp4"},
                }
            ],
        },
        "nurture": {"Type": "End", "Name": "Newsletter only", "Outcome": "Disqualified"},
        "won": {"Type": "End", "Name": "Customer", "Outcome": "Converted"},
    },
    "Tests": [
        {
            "Name": "A bank goes to discovery",
            "Given": {"Email is free": False, "Company size": 900, "Industry": "Banking"},
            "Do": [{"Complete": "needs", "Data": {"Budget": "10000 EUR"}}, {"After": "P1D"}],
            "Expect": {"Visits": ["qualify", "discovery"], "Node": "discovery"},
        }
    ],
}


def reference_document() -> dict[str, Any]:
    """The funnel reference's example, as a copy of one's own."""
    return copy.deepcopy(_REFERENCE)
