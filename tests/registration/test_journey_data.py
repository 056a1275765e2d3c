"""``JourneyData``: by name, typed by the data point, each fault at its place."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.funnels import Funnel, address, data, faults, form_funnel, make_point, sources

TYPES = {
    "A text": "Text",
    "A number": "Number",
    "An amount": "Amount",
    "A day": "Date",
    "A moment": "DateTime",
    "A switch": "YesNo",
    "A paper": "Document",
}


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    for name, kind in TYPES.items():
        make_point(api, name, kind)
    make_point(api, "A choice", "Choice", Choices=["Small", "Large"])
    return form_funnel(api)


def send(funnel: Funnel, name: str, raw: Any) -> httpx.Response:
    return funnel.post({"Email": address(), "JourneyData": [{"Name": name, "Value": raw}]})


@pytest.mark.parametrize(
    ("name", "raw", "shown"),
    [
        ("A text", "  as it is \t\r\n", "  as it is \t\r\n"),
        ("A text", "42", "42"),
        ("A number", 42, 42),
        ("A number", "42", 42),
        ("A number", 10.25, 10.25),
        ("A number", "-0.5", -0.5),
        ("A number", 999999999999999, 999999999999999),
        ("An amount", {"Amount": 10000.0, "Currency": "EUR"}, {"Amount": 10000.0, "Currency": "EUR"}),
        ("An amount", {"Amount": "0.01", "Currency": "usd"}, {"Amount": 0.01, "Currency": "USD"}),
        ("An amount", "10000.00 EUR", {"Amount": 10000.0, "Currency": "EUR"}),
        ("A day", "2026-11-23", "2026-11-23"),
        ("A moment", "2026-11-23T10:00:00+01:00", "2026-11-23T09:00:00.000Z"),
        ("A switch", True, True),
        ("A switch", "yes", True),
        ("A switch", "false", False),
        ("A choice", "Large", "Large"),
        ("A choice", "small", "Small"),
        ("A paper", 17, "17"),
    ],
)
def test_a_value_is_read_as_the_data_points_type(funnel: Funnel, name: str, raw: Any, shown: Any) -> None:
    answer = send(funnel, name, raw)

    assert answer.status_code == 201, answer.text
    assert data(answer.json()["Journey"])[name] == shown
    assert sources(answer.json()["Journey"])[name] == "API"


def test_decimals_are_kept_digit_for_digit(funnel: Funnel) -> None:
    text = '{"Email": "exact@company.example", "JourneyData": [{"Name": "A number", "Value": 0.1000}]}'
    headers = {"Content-Type": "application/json"}
    answer = funnel.api.post("leads", params={"ref": funnel.ref}, content=text, headers=headers)

    assert '"Value":0.1000' in answer.text


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("A text", 42),
        ("A text", ["a"]),
        ("A text", "bell \u0007"),
        ("A text", "x" * 10_001),
        ("A number", "forty-two"),
        ("A number", True),
        ("A number", 10**15),
        ("A number", "0.12345"),
        ("An amount", 10000),
        ("An amount", "10000.00"),
        ("An amount", {"Amount": 1, "Currency": "XXQ"}),
        ("An amount", {"Amount": 1, "Currency": "EUR", "Note": "?"}),
        ("A day", "23.11.2026"),
        ("A day", "2026-02-30"),
        ("A moment", "2026-11-23T10:00:00"),
        ("A switch", 1),
        ("A switch", "maybe"),
        ("A choice", "Medium"),
        ("A paper", "one"),
    ],
)
def test_a_value_of_another_type_is_refused_at_its_place(funnel: Funnel, name: str, raw: Any) -> None:
    assert faults(send(funnel, name, raw)) == {"/JourneyData/0/Value": "WrongValue"}


def test_text_of_10000_characters_is_taken(funnel: Funnel) -> None:
    assert send(funnel, "A text", "ü" * 10_000).status_code == 201


def test_case_does_not_count_in_a_data_points_name(funnel: Funnel) -> None:
    assert data(send(funnel, "a NUMBER", 1).json()["Journey"])["A number"] == 1


def test_a_renamed_data_point_is_found_by_its_former_name(funnel: Funnel) -> None:
    point = make_point(funnel.api, "Old name")
    assert funnel.api.patch(f"datapoints/{point}", json={"Name": "New name"}).status_code == 200

    known = data(send(funnel, "old name", "x").json()["Journey"])
    assert known["New name"] == "x"
    assert "Old name" not in known


def test_an_unknown_data_point_is_named(funnel: Funnel) -> None:
    found = faults(send(funnel, "Never heard of", 1))

    assert found == {"/JourneyData/0/Name": "UnknownDataPoint"}


def test_a_data_point_of_another_workspace_is_unknown(funnel: Funnel, other_api: httpx.Client) -> None:
    make_point(other_api, "Theirs")

    assert faults(send(funnel, "Theirs", 1)) == {"/JourneyData/0/Name": "UnknownDataPoint"}


@pytest.mark.parametrize(
    "name",
    [
        "Email",
        "Email is free",
        "Firstname",
        "Phone",
        "Phone country",
        "Origin",
        "UTM source",
        "Score",
        "Owner",
    ],
)
def test_what_is_computed_may_not_be_sent(funnel: Funnel, name: str) -> None:
    assert faults(send(funnel, name, "x")) == {"/JourneyData/0/Name": "Computed"}


@pytest.mark.parametrize(
    ("name", "raw"), [("Country", "FR"), ("Language", "fr"), ("Company", "Acme"), ("Company size", 250)]
)
def test_country_language_and_what_enrichment_finds_may_be_sent(funnel: Funnel, name: str, raw: Any) -> None:
    lead = send(funnel, name, raw).json()

    assert data(lead["Journey"])[name] == raw
    assert sources(lead["Journey"])[name] == "API"
    assert data(funnel.api.get(f"leads/{lead['Id']}").json())[name] == raw


def test_the_same_data_point_twice_is_refused(funnel: Funnel) -> None:
    items = [{"Name": "A text", "Value": "a"}, {"Name": "a text", "Value": "b"}]
    answer = funnel.post({"Email": "twice@company.example", "JourneyData": items})

    assert faults(answer) == {"/JourneyData/1/Name": "Duplicate"}


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ("A text", {"/JourneyData": "WrongType"}),
        ({"A text": "x"}, {"/JourneyData": "WrongType"}),
        (["A text"], {"/JourneyData/0": "WrongType"}),
        ([{"Value": "x"}], {"/JourneyData/0/Name": "Required"}),
        ([{"Name": 7, "Value": "x"}], {"/JourneyData/0/Name": "Required"}),
        ([{"Name": "A text"}], {"/JourneyData/0/Value": "Required"}),
        ([{"Name": "A text", "Value": "x", "Type": "Text"}], {"/JourneyData/0/Type": "UnknownField"}),
    ],
)
def test_a_list_of_another_form_is_refused(funnel: Funnel, items: Any, found: dict) -> None:
    assert faults(funnel.post({"Email": "form@company.example", "JourneyData": items})) == found


def test_no_data_at_all_is_fine(funnel: Funnel) -> None:
    assert funnel.register(JourneyData=[])["Result"] == "Created"
    assert funnel.register(JourneyData=None)["Result"] == "Created"
