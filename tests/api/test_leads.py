"""``GET /leads``, ``GET`` and ``PATCH /leads/{id}``."""

from __future__ import annotations

import httpx

from tests.api.support import Funnel, assert_problem, pointers, register


def test_a_lead_shows_what_is_known_of_the_person(api: httpx.Client, funnel: Funnel) -> None:
    made = register(api, funnel, Firstname="John", PhoneNumber="+1 800 555 0175")
    lead = api.get(f"leads/{made['Id']}").json()
    assert lead["Email"] == made["Email"]
    assert lead["Firstname"] == "John"
    assert "Phone" in {item["Name"] for item in lead["Data"]}


def test_a_change_is_copied_into_running_journeys(api: httpx.Client, funnel: Funnel) -> None:
    made = register(api, funnel, Firstname="John")
    changed = api.patch(f"leads/{made['Id']}", json={"Firstname": "Jane", "Lastname": "Doe"})
    assert changed.status_code == 200
    assert changed.json()["Firstname"] == "Jane"
    data = api.get(f"journeys/{made['Journey']['Id']}").json()["Data"]
    assert {"Firstname": "Jane", "Lastname": "Doe"}.items() <= {d["Name"]: d["Value"] for d in data}.items()


def test_a_change_that_is_refused_names_every_fault(api: httpx.Client, funnel: Funnel) -> None:
    made = register(api, funnel)
    answer = api.patch(f"leads/{made['Id']}", json={"Firstname": "x" * 201, "PhoneNumber": "1", "Email": "x"})
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {"/Firstname", "/PhoneNumber", "/Email"}


def test_the_list_pages_by_cursor_in_either_order(api: httpx.Client, funnel: Funnel) -> None:
    ids = [register(api, funnel)["Id"] for _ in range(5)]
    first = api.get("leads?limit=2")
    assert [lead["Id"] for lead in first.json()["Items"]] == ids[:2]
    assert first.links["next"]["url"].endswith(f"cursor={first.json()['Next']}&limit=2")
    second = api.get(first.links["next"]["url"]).json()
    third = api.get(f"leads?limit=2&cursor={second['Next']}").json()
    assert [lead["Id"] for lead in second["Items"] + third["Items"]] == ids[2:]
    assert third["Next"] is None
    newest = api.get("leads?order=-Id&limit=3").json()
    assert [lead["Id"] for lead in newest["Items"]] == ids[:1:-1]


def test_filters(api: httpx.Client, funnel: Funnel) -> None:
    one, two = register(api, funnel), register(api, funnel, Test=True)
    assert [lead["Id"] for lead in api.get("leads", params={"Email": one["Email"]}).json()["Items"]] == [
        one["Id"]
    ]
    assert [lead["Id"] for lead in api.get("leads?Test=true").json()["Items"]] == [two["Id"]]
    later = api.get("leads", params={"created_after": one["createdDate"]}).json()["Items"]
    assert [lead["Id"] for lead in later] == [two["Id"]]


def test_a_query_that_is_not_understood_is_refused(api: httpx.Client) -> None:
    answer = api.get("leads?limit=0&cursor=%21&order=Name&created_after=yesterday")
    assert_problem(answer, 422)
    assert set(pointers(answer)) == {"limit", "order", "created_after"}
    for query, name in (("limit=201", "limit"), ("cursor=%21", "cursor"), ("Nickname=J", "Nickname")):
        answer = api.get(f"leads?{query}")
        assert_problem(answer, 422)
        assert pointers(answer) == [name]
