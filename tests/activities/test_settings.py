"""Each activity type reads its settings, and names every fault of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kohomai import activities
from kohomai.activities import discover, registry
from kohomai.engine.system import COMPUTED, LEAD_FIELDS
from kohomai.engine.types import Facts, Outcome
from kohomai.engine.values import Amount, DataPoint, ValueType

POINTS = {
    point.name.casefold(): point
    for point in (
        DataPoint(1, "Budget", ValueType.AMOUNT),
        DataPoint(2, "Call at", ValueType.DATE_TIME),
        DataPoint(3, "Start date", ValueType.DATE),
        DataPoint(4, "Email", ValueType.TEXT),
        DataPoint(5, "Firstname", ValueType.TEXT),
        DataPoint(6, "Country", ValueType.TEXT),
        DataPoint(7, "Industry", ValueType.TEXT),
    )
}


class Points:
    def find(self, reference: str | int) -> DataPoint | None:
        if isinstance(reference, int):
            return next((point for point in POINTS.values() if point.id == reference), None)
        return POINTS.get(reference.casefold())


def settings(type: str, raw: Mapping[str, Any]) -> Any:
    model, faults = registry[type].parse_settings(raw, Points())
    assert faults == []
    return model


def faults(type: str, raw: Mapping[str, Any]) -> list[str]:
    return [f"{fault.pointer} {fault.code}" for fault in registry[type].parse_settings(raw, Points())[1]]


def test_every_folder_is_a_type() -> None:
    folder = Path(activities.__file__).parent
    folders = [path.parent.name for path in folder.glob("*/type.py")]
    assert sorted(name.lower() for name in discover()) == sorted(name.replace("_", "") for name in folders)
    assert {"Accept", "Form", "SetData", "Wait"} < set(discover())
    assert {"SetData", "Wait", "Score"} < {name for name, type in registry.items() if type.automatic}


@pytest.mark.parametrize("type", sorted(registry))
def test_a_field_nobody_knows_is_a_fault(type: str) -> None:
    assert "/Settings/Mood UnknownField" in faults(type, {"Mood": "Good"})


@pytest.mark.parametrize("named", ["Budget", "budget", 1])
def test_a_form_names_data_points_by_name_or_id(named: str | int) -> None:
    form = settings("Form", {"Fields": [{"DataPoint": named}], "Introduction": "Hello"})
    assert [(field.data_point.id, field.required) for field in form.fields] == [(1, False)]
    assert registry["Form"].accepts(form) == {1}
    assert [
        part["DataPoint"] for part, _ in registry["Form"].settings_references({"Fields": [{"DataPoint": 1}]})
    ] == [1]


def test_faults_of_a_form() -> None:
    fields = [
        {"DataPoint": "Budget"},
        {"DataPoint": "Nothing"},
        {"Required": 1},
        {"DataPoint": True},
        "Budget",
    ]
    assert faults("Form", {"Fields": fields, "Introduction": "bell \x07"}) == [
        "/Settings/Fields/1/DataPoint Unknown",
        "/Settings/Fields/2/DataPoint Required",
        "/Settings/Fields/2/Required WrongType",
        "/Settings/Fields/3/DataPoint WrongType",
        "/Settings/Fields/4 WrongType",
        "/Settings/Introduction WrongValue",
    ]
    assert faults("Form", {}) == ["/Settings/Fields Required"]
    assert faults("Form", {"Fields": []}) == ["/Settings/Fields Empty"]
    twice = [{"DataPoint": "Budget"}, {"DataPoint": 1}]
    assert faults("Form", {"Fields": twice}) == ["/Settings/Fields/1/DataPoint Duplicate"]


def test_a_form_may_ask_for_what_the_lead_knows_of_itself() -> None:
    assert faults("Form", {"Fields": [{"DataPoint": "Firstname"}, {"DataPoint": "Country"}]}) == []
    refused = [{"DataPoint": "Industry"}, {"DataPoint": "Email"}]
    assert faults("Form", {"Fields": refused}) == [
        "/Settings/Fields/0/DataPoint NotAllowed",
        "/Settings/Fields/1/DataPoint NotAllowed",
    ]
    assert LEAD_FIELDS == ("Firstname", "Lastname", "Phone", "Country", "Language")


def test_a_form_without_a_required_field_may_be_sent_empty() -> None:
    form = settings("Form", {"Fields": [{"DataPoint": "Budget"}]})
    assert registry["Form"].check(form, {}, {}, {}) == []


def test_accept_needs_a_text() -> None:
    assert settings("Accept", {"Text": "Be kind.", "Version": "2", "Label": "I will"}).version == "2"
    assert faults("Accept", {}) == ["/Settings/Text Required"]
    assert faults("Accept", {"Text": ""}) == ["/Settings/Text Empty"]
    assert faults("Accept", {"Text": "x" * 10_001}) == ["/Settings/Text WrongValue"]


def test_approval_needs_nothing() -> None:
    assert settings("Approval", {}).question is None
    assert settings("Approval", {"Question": "Good fit?"}).question == "Good fit?"


def test_set_data_reads_values_as_their_types() -> None:
    raw = {"Values": [{"DataPoint": "Budget", "Value": "5 EUR"}, {"DataPoint": "Start date", "Value": None}]}
    outcome = registry["SetData"].run_pure(settings("SetData", raw), Facts({}, {}, datetime.now(UTC)))
    assert outcome == Outcome({1: Amount(Decimal(5), "EUR"), 3: None})


def test_faults_of_set_data() -> None:
    values = [
        {"DataPoint": "Budget", "Value": 5},
        {"DataPoint": "Nothing", "Value": 1},
        {"DataPoint": "Start date"},
    ]
    assert faults("SetData", {"Values": values}) == [
        "/Settings/Values/0/Value WrongType",
        "/Settings/Values/1/DataPoint Unknown",
        "/Settings/Values/2/Value Required",
    ]
    assert "Email" in COMPUTED
    computed = [{"DataPoint": "Email", "Value": "a@b.example"}, {"DataPoint": "Country", "Value": "US"}]
    assert faults("SetData", {"Values": computed}) == ["/Settings/Values/0/DataPoint NotAllowed"]


def test_a_wait_has_a_length_or_an_end() -> None:
    opened = datetime(2026, 11, 23, 12, tzinfo=UTC)
    later = opened + timedelta(days=3)
    wait = registry["Wait"]
    assert wait.due_by_itself(settings("Wait", {"For": "P3D"}), opened, {}) == later
    until = settings("Wait", {"Until": "Call at"})
    assert wait.due_by_itself(until, opened, {}) is None
    assert wait.due_by_itself(until, opened, {2: later}) == later
    assert list(wait.settings_references({"Until": 2})) == [({"Until": 2}, "Until")]


def test_faults_of_a_wait() -> None:
    assert faults("Wait", {}) == ["/Settings/For Required"]
    assert faults("Wait", {"For": "P3D", "Until": "Call at"}) == ["/Settings/For Required"]
    assert faults("Wait", {"For": "P1Y"}) == ["/Settings/For WrongValue"]
    assert faults("Wait", {"For": 3}) == ["/Settings/For WrongType"]
    assert faults("Wait", {"Until": "Start date"}) == ["/Settings/Until WrongType"]
    assert faults("Wait", {"Until": "Nothing"}) == ["/Settings/Until Unknown"]
