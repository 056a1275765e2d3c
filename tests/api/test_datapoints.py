"""``/datapoints``."""

from __future__ import annotations

import httpx
import pytest

from kohomai.datapoints.system import SYSTEM
from tests.api.support import Funnel, assert_problem, pointers, register


def test_the_systems_are_there(api: httpx.Client) -> None:
    listed = api.get("datapoints?System=true&limit=200").json()["Items"]
    assert {item["Name"]: item["Type"] for item in listed} == dict(SYSTEM)


@pytest.mark.parametrize("kind", ["Text", "Number", "Amount", "Date", "DateTime", "YesNo", "Document"])
def test_each_type_can_be_made(api: httpx.Client, kind: str) -> None:
    made = api.post("datapoints", json={"Name": "Budget", "Type": kind})
    assert made.status_code == 201
    assert api.get(f"datapoints/{made.json()['Id']}").json() == made.json()
    assert made.json()["Type"] == kind


def test_a_choice_has_choices(api: httpx.Client) -> None:
    made = api.post("datapoints", json={"Name": "Size", "Type": "Choice", "Choices": ["S", "M"]})
    assert made.json()["Choices"] == ["S", "M"]
    answer = api.post("datapoints", json={"Name": "Other", "Type": "Choice"})
    assert pointers(answer) == ["/Choices"]
    answer = api.post("datapoints", json={"Name": "Other", "Type": "Text", "Choices": ["S"]})
    assert pointers(answer) == ["/Choices"]


def test_names_are_unique_without_regard_to_case_former_ones_too(api: httpx.Client) -> None:
    made = api.post("datapoints", json={"Name": "Budget", "Type": "Amount"}).json()
    renamed = api.patch(f"datapoints/{made['Id']}", json={"Name": "Yearly budget"})
    assert renamed.json()["Name"] == "Yearly budget"
    for name in ("budget", "YEARLY BUDGET", "email", "utm SOURCE"):
        answer = api.post("datapoints", json={"Name": name, "Type": "Text"})
        assert_problem(answer, 422)
        assert pointers(answer) == ["/Name"]
    found = api.get("datapoints", params={"Name": "bUDGET"}).json()["Items"]
    assert [item["Id"] for item in found] == [made["Id"]]


def test_a_former_name_goes_on_working_for_leads(api: httpx.Client, funnel: Funnel) -> None:
    point = api.get("datapoints", params={"Name": "My datapoint"}).json()["Items"][0]
    api.patch(f"datapoints/{point['Id']}", json={"Name": "Your datapoint"})
    lead = register(api, funnel, JourneyData=[{"Name": "my datapoint", "Value": "example"}])
    known = {item["Name"]: item["Value"] for item in lead["Journey"]["Data"]}
    assert known["Your datapoint"] == "example" or known["My datapoint"] == "example"


def test_the_type_is_fixed_once_it_is_used(api: httpx.Client, funnel: Funnel) -> None:
    made = api.post("datapoints", json={"Name": "Size", "Type": "Text"}).json()
    assert api.patch(f"datapoints/{made['Id']}", json={"Type": "Number"}).json()["Type"] == "Number"
    register(api, funnel, JourneyData=[{"Name": "Size", "Value": 3}])
    assert_problem(api.patch(f"datapoints/{made['Id']}", json={"Type": "Text"}), 409)
    used = api.get("datapoints", params={"Name": "Budget"}).json()["Items"][0]
    assert used["Used"] is True
    assert_problem(api.patch(f"datapoints/{used['Id']}", json={"Type": "Text"}), 409)


def test_archiving(api: httpx.Client) -> None:
    made = api.post("datapoints", json={"Name": "Size", "Type": "Text"}).json()
    assert api.patch(f"datapoints/{made['Id']}", json={"Archived": True}).json()["Archived"] is True
    assert made["Id"] not in {i["Id"] for i in api.get("datapoints?Archived=false&limit=200").json()["Items"]}
    system = api.get("datapoints?System=true&limit=1").json()["Items"][0]
    assert_problem(api.patch(f"datapoints/{system['Id']}", json={"Archived": True}), 409)


def test_every_fault_is_named_at_once(api: httpx.Client) -> None:
    body = {"Name": " ", "Type": "Colour", "Description": 5, "Nonsense": True}
    answer = api.post("datapoints", json=body)
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {"/Name", "/Type", "/Description", "/Nonsense"}
    answer = api.post("datapoints", json={})
    assert set(pointers(answer)) == {"/Name", "/Type"}
