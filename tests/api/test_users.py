"""``/users``: who may sign in, and their roles."""

from __future__ import annotations

import httpx

from tests.api.support import address, assert_problem, pointers


def test_create_list_change_remove(api: httpx.Client) -> None:
    body = {"Email": address(), "Role": "Manager", "Firstname": "Mary"}
    made = api.post("users", json=body)
    assert made.status_code == 201
    assert {**made.json(), **body} == made.json()
    assert [user["Role"] for user in api.get("users").json()["Items"]] == ["Administrator", "Manager"]
    assert api.get("users?Role=Manager").json()["Items"] == [made.json()]
    path = f"users/{made.json()['Id']}"
    assert api.patch(path, json={"Role": "Stakeholder"}).json()["Role"] == "Stakeholder"
    assert api.delete(path).status_code == 204
    assert_problem(api.get(path), 404)


def test_the_last_administrator_cannot_be_removed(api: httpx.Client) -> None:
    path = f"users/{api.get('users').json()['Items'][0]['Id']}"
    assert_problem(api.patch(path, json={"Role": "Manager"}), 409)
    assert_problem(api.delete(path), 409)
    second = api.post("users", json={"Email": address(), "Role": "Administrator"})
    assert api.delete(path).status_code == 204
    assert_problem(api.delete(f"users/{second.json()['Id']}"), 409)


def test_twice_is_409_and_faults_are_named(api: httpx.Client) -> None:
    email = address()
    assert api.post("users", json={"Email": email, "Role": "Manager"}).status_code == 201
    assert_problem(api.post("users", json={"Email": email.upper(), "Role": "Manager"}), 409)
    answer = api.post("users", json={"Email": "nobody", "Role": "Lead", "Firstname": "x" * 201})
    assert set(pointers(answer)) == {"/Email", "/Role", "/Firstname"}


def test_how_a_user_takes_part(api: httpx.Client) -> None:
    made = api.post("users", json={"Email": address(), "Role": "Manager"}).json()
    assert (made["Presence"], made["Present"], made["Capacity"]) == ("Available", True, None)
    path = f"users/{made['Id']}"
    changed = api.patch(
        path,
        json={
            "Presence": "Away", "AwayUntil": "2100-01-01T00:00:00Z", "Capacity": 12, "TimeZone": "Europe/Berlin",
            "Notifications": {"Mode": "Digest", "DigestAt": "07:30", "QuietFrom": "20:00", "QuietUntil": "07:00"},
        },
    ).json()  # fmt: skip
    assert changed["Present"] is False
    assert changed["AwayUntil"] == "2100-01-01T00:00:00.000Z"
    assert changed["Notifications"] == {
        "Mode": "Digest", "DigestAt": "07:30", "QuietFrom": "20:00", "QuietUntil": "07:00",
    }  # fmt: skip
    assert api.get(path).json() == changed
    assert api.patch(path, json={"Capacity": 3}).json()["Notifications"] == changed["Notifications"]
    over = api.patch(path, json={"AwayUntil": "2020-01-01T00:00:00Z"}).json()
    assert (over["Presence"], over["Present"]) == ("Away", True)  # an absence ends by itself
    back = api.patch(path, json={"Presence": "Available", "TimeZone": None}).json()
    assert (back["AwayUntil"], back["TimeZone"]) == (None, None)


def test_faults_of_taking_part_are_named(api: httpx.Client) -> None:
    path = f"users/{api.get('users').json()['Items'][0]['Id']}"
    body = {
        "Presence": "Gone", "AwayUntil": "tomorrow", "Capacity": -1, "TimeZone": "Mars/Olympus",
        "Notifications": {"Mode": "Loud", "DigestAt": "25:00", "QuietFrom": "20:00"},
    }  # fmt: skip
    assert set(pointers(api.patch(path, json=body))) == {
        "/Presence", "/AwayUntil", "/Capacity", "/TimeZone", "/Notifications/Mode", "/Notifications/DigestAt",
        "/Notifications/QuietUntil",
    }  # fmt: skip
