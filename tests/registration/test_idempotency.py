"""``Idempotency-Key`` on registrations: kept in the transaction that registers, one by one within a batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import client_for, make_workspace
from tests.support.funnels import (
    LOST,
    WON,
    Funnel,
    address,
    branch,
    decision,
    faults,
    form,
    form_funnel,
    get_journey,
    make_funnel,
    make_point,
    stage,
)
from tests.support.program import Program


def journeys(funnel: Funnel, lead_id: int) -> int:
    return len(funnel.api.get("journeys", params={"Lead": lead_id}).json()["Items"])


@pytest.fixture(scope="module")
def always(api: httpx.Client) -> Funnel:
    """Where each call would make a journey."""
    return form_funnel(api, Reentry="Always")


def test_the_same_call_again_is_answered_the_same(always: Funnel) -> None:
    body, key = {"Email": address()}, address()
    first = always.post(body, **{"Idempotency-Key": key})
    again = always.post(body, **{"Idempotency-Key": key})

    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.status_code == 201
    assert journeys(always, first.json()["Id"]) == 1


def test_without_it_each_call_counts(always: Funnel) -> None:
    body = {"Email": address()}
    always.post(body)

    assert journeys(always, always.post(body).json()["Id"]) == 2


@pytest.mark.parametrize("other", ["body", "query", "path", "space"])
def test_the_same_key_for_something_else_is_422(always: Funnel, other: str) -> None:
    email, key = address(), {"Idempotency-Key": address()}
    assert always.post({"Email": email}, **key).status_code == 201
    if other == "body":
        answer = always.post({"Email": email, "Firstname": "John"}, **key)
    elif other == "query":
        answer = always.api.post("leads", params={"funnel": always.id}, json={"Email": email}, headers=key)
    elif other == "path":
        answer = always.api.post("journeys", params={"ref": always.ref}, json={"Email": email}, headers=key)
    else:
        text = f'{{"Email" : "{email}"}}'
        sent = {**key, "Content-Type": "application/json"}
        answer = always.api.post("leads", params={"ref": always.ref}, content=text, headers=sent)

    assert faults(answer) == {"Idempotency-Key": "KeyReused"}


def test_a_refused_call_leaves_the_key_free(always: Funnel) -> None:
    key = {"Idempotency-Key": address()}

    assert always.post({"Email": "nobody"}, **key).status_code == 422
    answer = always.post({"Email": address()}, **key)
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_at_the_same_moment_one_registers(always: Funnel) -> None:
    body, key = {"Email": address()}, {"Idempotency-Key": address()}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: always.post(body, **key), range(16)))

    done = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in done) == 1
    assert journeys(always, done[0].json()["Id"]) == 1


def test_keys_are_those_of_one_api_key(program: Program, always: Funnel) -> None:
    key = {"Idempotency-Key": address()}
    with client_for(program, make_workspace().key) as theirs:
        other = form_funnel(theirs)
        first, second = always.post({"Email": address()}, **key), other.post({"Email": address()}, **key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in second.headers


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_none_is_refused(always: Funnel, key: str) -> None:
    assert faults(always.post({"Email": address()}, **{"Idempotency-Key": key})) == {
        "Idempotency-Key": "WrongValue"
    }


def test_a_key_of_255_characters_is_taken(always: Funnel) -> None:
    assert always.post({"Email": address()}, **{"Idempotency-Key": (address() * 9)[:255]}).status_code == 201


def test_the_kept_answer_holds_what_was_decided_by_the_very_call(api: httpx.Client) -> None:
    make_point(api, "Go")
    nodes = {
        "ask": stage("Ask", form("first", "Go", Required=True), then="way"),
        "way": decision(branch("Go", "Is", "yes", "won"), default="lost"),
        **WON,
        **LOST,
    }
    funnel = make_funnel(api, nodes, "ask")
    lead = funnel.register()
    activity = lead["Journey"]["Activities"][0]["Id"]
    api.post(f"journeys/{lead['Journey']['Id']}/activities/{activity}/skip")
    body, key = {"Email": lead["Email"], "Firstname": "J"}, {"Idempotency-Key": address()}
    first, again = funnel.post(body, **key), funnel.post(body, **key)

    assert first.content == again.content
    made = first.json()["Journey"]
    assert made == get_journey(api, made["Id"])


def test_the_older_call_keeps_its_answer_too(always: Funnel) -> None:
    body, key = {"Email": address()}, {"Idempotency-Key": address()}
    first, again = (
        always.api.post("journeys", params={"ref": always.ref}, json=body, headers=key) for _ in range(2)
    )

    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
