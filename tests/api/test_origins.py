"""``/funnels/{id}/origins``."""

from __future__ import annotations

import httpx

from tests.api.support import Funnel, assert_problem, pointers


def test_a_funnel_has_its_own_ways_in(api: httpx.Client, funnel: Funnel) -> None:
    listed = api.get(f"funnels/{funnel.id}/origins").json()["Items"]
    assert [(o["Type"], o["BuiltIn"]) for o in listed] == [
        ("API", True),
        ("Manual", True),
        ("Import", True),
        ("API", False),
    ]
    assert len({origin["Ref"] for origin in listed}) == 4
    assert listed[3]["DataPoints"] == ["My datapoint"]


def test_create_get_change(api: httpx.Client, funnel: Funnel) -> None:
    consent = {"Consent": {"Text": "I agree", "Version": "2"}, "DoubleOptIn": True}
    body = {"Type": "Page", "Name": "Sign up", "Settings": consent}
    made = api.post(f"funnels/{funnel.id}/origins", json=body)
    assert made.status_code == 201
    path = f"funnels/{funnel.id}/origins/{made.json()['Id']}"
    assert api.get(path).json()["Settings"] == consent
    assert api.patch(path, json={"Name": "Join", "Closed": True}).json()["Closed"] is True


def test_what_is_wrong_is_named(api: httpx.Client, funnel: Funnel) -> None:
    body = {"Type": "Fax", "Name": "", "DataPoints": ["Nothing", "Email"], "Settings": {"Colour": 1}, "X": 1}
    answer = api.post(f"funnels/{funnel.id}/origins", json=body)
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {
        "/Type",
        "/Name",
        "/DataPoints/0",
        "/DataPoints/1",
        "/Settings/Colour",
        "/X",
    }
    built_in = api.get(f"funnels/{funnel.id}/origins").json()["Items"][0]["Id"]
    assert_problem(api.patch(f"funnels/{funnel.id}/origins/{built_in}", json={"Closed": True}), 409)
