"""``POST /leads``: the lead is created or found, its journey generated."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.support import Funnel, address, assert_problem, definition, make_funnel, pointers, register

DOCUMENTED = {
    "Firstname": "John",
    "Lastname": "Doe",
    "PhoneNumber": "+1 (800) 555‑0175",
    "RedirectURL": "https://www.myapp.com",
    "JourneyData": [{"Name": "My datapoint", "Value": "example"}],
}


def by_name(journey: dict[str, Any]) -> dict[str, Any]:
    """A journey with its data in order of names."""
    return {**journey, "Data": sorted(journey["Data"], key=lambda item: str(item["Name"]))}


def test_the_documented_example_creates_the_lead(api: httpx.Client, funnel: Funnel) -> None:
    answer = api.post(f"leads?ref={funnel.ref}", json={"Email": "johndoe@gmail.com", **DOCUMENTED})
    assert answer.status_code == 201
    lead = answer.json()
    assert lead["Email"] == "johndoe@gmail.com"
    assert (lead["Firstname"], lead["Lastname"]) == ("John", "Doe")
    assert lead["PhoneNumber"] == "+18005550175"
    assert lead["PhoneNumberOriginal"] == "+1 (800) 555‑0175"
    assert lead["Result"] == "Created"
    assert lead["RedirectURL"] == "https://www.myapp.com"
    assert lead["ConnectionURL"].endswith(f"/internal/v1/autologin?UUID={lead['UUID']}")
    assert lead["createdDate"].endswith("Z")
    journey = lead["Journey"]
    assert journey["Node"]["Key"] == "private"
    assert by_name(journey) == by_name(api.get(f"journeys/{journey['Id']}").json())
    known = {item["Name"]: item["Value"] for item in journey["Data"]}
    assert known["My datapoint"] == "example"
    assert known["Email is free"] is True
    assert journey["Decisions"][0]["Taken"] == "Private address"


def test_a_phone_number_garbled_on_the_way_is_mended(api: httpx.Client, funnel: Funnel) -> None:
    lead = register(api, funnel, PhoneNumber="+1 (800) 555â€‘0175")
    assert lead["PhoneNumber"] == "+18005550175"


def test_the_same_again_is_200_and_existing(api: httpx.Client, funnel: Funnel) -> None:
    body = {"Email": address("gmail.com"), **DOCUMENTED}
    first = api.post(f"leads?ref={funnel.ref}", json=body).json()
    again = api.post(f"leads?ref={funnel.ref}", json={**body, "Email": body["Email"].upper()})
    assert again.status_code == 200
    assert again.json()["Result"] == "Existing"
    assert again.json()["Id"] == first["Id"]
    assert again.json()["Journey"]["Id"] == first["Journey"]["Id"]
    changed = api.post(f"leads?ref={funnel.ref}", json={**body, "Firstname": "Jane"})
    assert changed.json()["Result"] == "Updated"


def test_what_is_absent_stays_and_null_clears(api: httpx.Client, funnel: Funnel) -> None:
    email = address("gmail.com")
    register(api, funnel, Email=email, Firstname="John", Lastname="Doe")
    lead = register(api, funnel, Email=email, Lastname=None)
    assert (lead["Firstname"], lead["Lastname"]) == ("John", None)


def test_by_the_funnels_id(api: httpx.Client, funnel: Funnel) -> None:
    answer = api.post(f"leads?funnel={funnel.id}", json={"Email": address()})
    assert answer.status_code == 201
    assert answer.json()["Journey"]["Node"]["Key"] == "business"


def test_a_session_only_where_something_waits_for_the_lead(api: httpx.Client) -> None:
    document = definition()
    document["Nodes"] = {"won": document["Nodes"]["won"]}
    document["Start"] = "won"
    lead = register(api, make_funnel(api, document))
    assert lead["Journey"]["Status"] == "Completed"
    assert [lead[name] for name in ("UUID", "ConnectionURL", "ValidUntil", "RedirectURL")] == [None] * 4


def test_every_fault_is_named_at_once(api: httpx.Client, funnel: Funnel) -> None:
    body = {
        "Email": "nobody",
        "PhoneNumber": "12",
        "RedirectURL": "javascript:alert(1)",
        "Firstname": "x" * 201,
        "JourneyData": [{"Name": "Unknown", "Value": 1}, {"Name": "Email domain", "Value": "x"}],
        "WebhookInput": {"URL": "http://10.0.0.1/"},
        "Test": "perhaps",
        "Nickname": "J",
    }
    answer = api.post(f"leads?ref={funnel.ref}", json=body)
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {
        "/Email",
        "/PhoneNumber",
        "/RedirectURL",
        "/Firstname",
        "/JourneyData/0/Name",
        "/JourneyData/1/Name",
        "/WebhookInput/URL",
        "/Test",
        "/Nickname",
    }
    assert api.get("leads").json()["Items"] == []


def test_ref_or_funnel_and_not_both(api: httpx.Client, funnel: Funnel) -> None:
    body = {"Email": address()}
    for query in ("", f"?ref={funnel.ref}&funnel={funnel.id}"):
        answer = api.post(f"leads{query}", json=body)
        assert_problem(answer, 422)
        assert pointers(answer) == ["ref"]


def test_an_unknown_or_closed_reference_is_404(api: httpx.Client, funnel: Funnel) -> None:
    assert_problem(api.post("leads?ref=nobodysref", json={"Email": address()}), 404)
    assert_problem(api.post("leads?ref=%00", json={"Email": address()}), 404)
    assert_problem(api.post("leads?funnel=none", json={"Email": address()}), 404)
    made = api.post(f"funnels/{funnel.id}/origins", json={"Type": "API", "Name": "Old"}).json()
    page = api.post(f"funnels/{funnel.id}/origins", json={"Type": "Page", "Name": "Old page"}).json()
    for origin in (made, page):
        closed = api.patch(f"funnels/{funnel.id}/origins/{origin['Id']}", json={"Closed": True})
        assert closed.json()["Closed"] is True
    assert_problem(api.post(f"leads?ref={made['Ref']}", json={"Email": address()}), 404)
    assert_problem(api.post(f"leads?ref={page['Ref']}", json={"Email": address()}), 410)


def test_a_funnel_never_published_is_409(api: httpx.Client) -> None:
    made = api.post("funnels", json={"Name": "Draft only"}).json()
    assert_problem(api.post(f"leads?funnel={made['Id']}", json={"Email": address()}), 409)
    assert api.get("leads").json()["Items"] == []
