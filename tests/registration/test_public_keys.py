"""A publishable key is public: it registers leads from listed pages, and opens nobody's account."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest

from tests.conftest import client_for
from tests.frontoffice.visitor import Visitor, path_of
from tests.support.funnels import Funnel, address, data, faults, form_funnel, make_origin, make_point
from tests.support.program import Program

PAGE = "https://www.myapp.com"


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    """A funnel whose origin takes the data point "My datapoint" from publishable keys."""
    make_point(api, "My datapoint")
    made = form_funnel(api)
    return Funnel(api, made.id, make_origin(api, made.id, DataPoints=["My datapoint"])["Ref"])


@pytest.fixture(scope="module")
def public(program: Program, api: httpx.Client, funnel: Funnel) -> Funnel:
    """The same funnel, registered in from a listed page by a publishable key."""
    made = api.post(
        "api-keys",
        json={"Name": "Page", "Kind": "Publishable", "Origins": [funnel.ref], "WebOrigins": [PAGE]},
    )
    assert made.status_code == 201, made.text
    client = client_for(program, made.json()["Key"])
    client.headers["Origin"] = PAGE
    return Funnel(client, funnel.id, funnel.ref)


def leads(funnel: Funnel, email: str) -> list[dict]:
    found: list[dict] = funnel.api.get("leads", params={"Email": email}).json()["Items"]
    return found


def mails(funnel: Funnel, email: str, at_least: int = 1) -> list[dict]:
    """The mails to an address, when there are so many (the worker writes them)."""
    end = time.monotonic() + 15
    while True:
        found: list[dict] = funnel.api.get("emails", params={"To": email}).json()["Items"]
        if len(found) >= at_least or time.monotonic() > end:
            return found
        time.sleep(0.1)


BODY = {"Firstname": "John", "JourneyData": [{"Name": "My datapoint", "Value": "example"}]}


def test_a_new_lead_is_created_and_goes_straight_in(public: Funnel, funnel: Funnel) -> None:
    email = address()
    answer = public.post({"Email": email, **BODY, "RedirectURL": f"{PAGE}/done"})

    assert answer.status_code == 201
    given = answer.json()
    assert given.pop("ConnectionURL").startswith("http")
    lead = leads(funnel, email)[0]
    assert given == {
        "Id": lead["Id"],
        "Email": email,
        "Firstname": "John",
        "Lastname": None,
        "PhoneNumber": None,
        "RedirectURL": f"{PAGE}/done",
    }
    assert lead["Firstname"] == "John"
    assert mails(funnel, email, 0) == []


def test_what_is_known_of_the_lead_is_not_given_back(public: Funnel) -> None:
    given = public.post({"Email": address(), "PhoneNumber": "+1 (800) 555-0175"}).json()

    assert given["PhoneNumber"] == "+1 (800) 555-0175"  # as it was sent, not as it is kept
    assert "Journey" not in given
    assert "Result" not in given


def test_a_known_address_gets_201_with_nulls_and_nothing_is_stored(public: Funnel, funnel: Funnel) -> None:
    known = funnel.register(Firstname="Jane")
    before = funnel.api.get(f"journeys/{known['Journey']['Id']}").json()
    answer = public.post({"Email": known["Email"].upper(), **BODY})

    assert answer.status_code == 201
    given = answer.json()
    assert given["Id"] is None
    assert given["ConnectionURL"] is None
    assert given["Firstname"] == "John"
    assert leads(funnel, known["Email"])[0]["Firstname"] == "Jane"
    assert funnel.api.get(f"journeys/{known['Journey']['Id']}").json() == before


def test_the_owner_of_the_address_is_mailed_one_link_in_ten_minutes(public: Funnel, funnel: Funnel) -> None:
    known = funnel.register()
    for _ in range(3):
        assert public.post({"Email": known["Email"], **BODY}).status_code == 201

    assert len(mails(funnel, known["Email"])) == 1


def test_the_link_shows_what_was_sent_and_applies_it_on_its_button(
    public: Funnel, funnel: Funnel, program: Program
) -> None:
    known = funnel.register(Firstname="Jane")
    public.post({"Email": known["Email"], **BODY})
    (mail,) = mails(funnel, known["Email"])
    link = re.search(r"http\S+UUID=[0-9a-f-]+", mail["Text"])
    assert link
    with Visitor(program.base_url) as visitor:
        page = visitor.get(path_of(link[0]))
        assert "example" in page.text
        assert "John" in page.text
        assert leads(funnel, known["Email"])[0]["Firstname"] == "Jane"
        visitor.follow(visitor.send_form(page, "autologin"))

    assert leads(funnel, known["Email"])[0]["Firstname"] == "John"
    journey = funnel.api.get(f"journeys/{known['Journey']['Id']}").json()
    assert data(journey)["My datapoint"] == "example"
    assert [d["Source"] for d in journey["Data"] if d["Name"] == "My datapoint"] == ["Lead"]


def test_two_calls_at_the_same_moment_let_in_one(public: Funnel) -> None:
    from concurrent.futures import ThreadPoolExecutor

    email = address()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: public.post({"Email": email}), range(4)))

    assert {answer.status_code for answer in answers} == {201}
    assert sum(answer.json()["Id"] is not None for answer in answers) == 1
    assert sum(answer.json()["ConnectionURL"] is not None for answer in answers) == 1


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("WebhookInput", {"URL": "https://www.myapp.com/hook"}, {"/WebhookInput": "UnknownField"}),
        ("Test", True, {"/Test": "UnknownField"}),
        ("Score", 100, {"/Score": "UnknownField"}),
        ("RedirectURL", "https://evil.example/", {"/RedirectURL": "NotAllowed"}),
        ("RedirectURL", "http://www.myapp.com/", {"/RedirectURL": "NotAllowed"}),
        ("RedirectURL", "https://www.myapp.com.evil.example/", {"/RedirectURL": "NotAllowed"}),
        ("JourneyData", [{"Name": "Interest", "Value": "x"}], {"/JourneyData/0/Name": "NotAllowed"}),
        ("JourneyData", [{"Name": "Country", "Value": "x"}], {"/JourneyData/0/Name": "NotAllowed"}),
    ],
)
def test_it_may_send_only_what_its_origin_lists(public: Funnel, field: str, value: Any, found: dict) -> None:
    assert faults(public.post({"Email": address(), field: value})) == found


def test_a_fault_is_told_of_a_known_address_as_of_an_unknown_one(public: Funnel, funnel: Funnel) -> None:
    known = funnel.register()["Email"]

    for email in (known, address()):
        assert faults(public.post({"Email": email, "Test": True})) == {"/Test": "UnknownField"}


@pytest.mark.parametrize("page", [None, "https://evil.example", "http://www.myapp.com", "null"])
def test_it_works_only_from_listed_pages(public: Funnel, page: str | None) -> None:
    headers = {k: v for k, v in public.api.headers.items() if k != "origin"} | (
        {"Origin": page} if page else {}
    )
    url = f"{public.api.base_url}leads"
    answer = httpx.post(url, params={"ref": public.ref}, json={"Email": address()}, headers=headers)

    assert answer.status_code == 403


def test_it_works_only_at_the_origins_it_is_tied_to(public: Funnel, funnel: Funnel) -> None:
    other = make_origin(funnel.api, funnel.id)["Ref"]
    answer = public.api.post("leads", params={"ref": other}, json={"Email": address()})

    assert answer.status_code == 403


def test_it_may_do_nothing_else(public: Funnel) -> None:
    assert public.api.get("leads").status_code == 403
    assert public.api.post("sessions", json={"User": {"Id": 1}}).status_code == 403
    assert public.api.post("leads/batch", params={"ref": public.ref}, json={"Items": []}).status_code == 403


def test_a_replay_opens_nothing(public: Funnel) -> None:
    headers = {"Idempotency-Key": address()}
    body = {"Email": address()}
    first, again = public.post(body, **headers), public.post(body, **headers)

    assert first.json()["ConnectionURL"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == {**first.json(), "ConnectionURL": None}


def test_a_held_calls_answer_is_kept_too(public: Funnel, funnel: Funnel) -> None:
    known = funnel.register()
    headers = {"Idempotency-Key": address()}
    first, again = (public.post({"Email": known["Email"]}, **headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
