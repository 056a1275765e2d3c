"""``POST /leads/batch``: each item fares as it would alone; one that fails fails alone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.funnels import Funnel, address, data, faults, form_funnel, get_journey


def send(funnel: Funnel, *items: Any, **headers: str) -> httpx.Response:
    body = {"Items": list(items)}
    return funnel.api.post("leads/batch", params={"ref": funnel.ref}, json=body, headers=headers)


def statuses(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [item["Status"] for item in answer.json()["Items"]]


def test_each_is_answered_as_the_single_call_would(funnel: Funnel) -> None:
    email = address()
    answer = send(
        funnel,
        {"Email": email, "Firstname": "John", "PhoneNumber": "+1 800 555 0175"},
        {"Email": address(), "JourneyData": [{"Name": "My datapoint", "Value": "example"}]},
    )

    assert statuses(answer) == [201, 201]
    first, second = answer.json()["Items"]
    single = funnel.post({"Email": email}).json()
    assert set(first) == {"Status", *single}
    assert (first["Email"], first["PhoneNumber"], first["Result"]) == (email, "+18005550175", "Created")
    assert first["UUID"]
    assert data(second["Journey"])["My datapoint"] == "example"
    assert second["Journey"] == get_journey(funnel.api, second["Journey"]["Id"])


def test_one_that_fails_fails_alone(funnel: Funnel) -> None:
    answer = send(
        funnel, {"Email": address()}, {"Email": "nobody"}, "x", {"Email": address(), "Firstname": 7}
    )

    assert statuses(answer) == [201, 422, 422, 422]
    problem = answer.json()["Items"][1]
    assert problem["title"] == "Unprocessable Entity" or problem["title"] == "Unprocessable Content"
    assert [fault["pointer"] for fault in problem["errors"]] == ["/Email"]


def test_the_same_email_twice_in_one_batch_is_one_lead(funnel: Funnel) -> None:
    email = address()
    answer = send(
        funnel,
        {"Email": email, "Firstname": "John"},
        {"Email": email.upper(), "Lastname": "Doe"},
        {"Email": email},
    )

    assert statuses(answer) == [201, 200, 200]
    items = answer.json()["Items"]
    assert len({item["Id"] for item in items}) == 1
    assert len({item["Journey"]["Id"] for item in items}) == 1
    assert [item["Result"] for item in items] == ["Created", "Updated", "Existing"]
    assert (items[2]["Firstname"], items[2]["Lastname"]) == ("John", "Doe")


def test_the_same_email_twice_makes_two_journeys_where_the_rule_is_always(api: httpx.Client) -> None:
    funnel, email = form_funnel(api, Reentry="Always"), address()
    items = send(funnel, {"Email": email}, {"Email": email}).json()["Items"]

    assert items[0]["Id"] == items[1]["Id"]
    assert items[0]["Journey"]["Id"] != items[1]["Journey"]["Id"]


def test_the_order_is_that_of_the_call(funnel: Funnel) -> None:
    emails = [address() for _ in range(150)]
    items = send(funnel, *({"Email": email} for email in emails)).json()["Items"]

    assert [item["Email"] for item in items] == emails
    assert len({item["Id"] for item in items}) == 150


def test_again_with_the_same_idempotency_key(funnel: Funnel) -> None:
    item, key = {"Email": address()}, {"Idempotency-Key": address()}
    first, again = send(funnel, item, **key), send(funnel, item, **key)

    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert faults(send(funnel, {"Email": address()}, **key)) == {"Idempotency-Key": "KeyReused"}


def test_a_batch_rolled_back_by_nobody_wakes_and_keeps_all(funnel: Funnel) -> None:
    """With a key the batch is part of a larger transaction; what it made is there all the same."""
    item = {"Email": address()}
    made = send(funnel, item, **{"Idempotency-Key": address()}).json()["Items"][0]

    assert funnel.register(item["Email"])["Id"] == made["Id"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "/Items"),
        ({"Items": []}, "/Items"),
        ({"Items": {}}, "/Items"),
        ({"Items": [{}] * 1001}, "/Items"),
        ([], ""),
        ({"Items": [{"Email": "a@company.example"}], "More": 1}, "/More"),
    ],
)
def test_a_batch_of_another_form_is_refused_whole(funnel: Funnel, body: Any, place: str) -> None:
    answer = funnel.api.post("leads/batch", params={"ref": funnel.ref}, json=body)

    assert place in faults(answer)


def test_neither_ref_nor_funnel(funnel: Funnel) -> None:
    assert funnel.api.post("leads/batch", json={"Items": [{"Email": address()}]}).status_code == 422
