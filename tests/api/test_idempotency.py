"""``Idempotency-Key`` on every POST: done once, answered alike for 24 hours."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.support import Funnel, address, assert_problem, pointers, register
from tests.conftest import Workspace, client_for
from tests.support.program import Program


def with_key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


@pytest.fixture(params=["leads", "journeys", "assign", "datapoints", "funnels", "sessions", "users"])
def call(request: pytest.FixtureRequest, api: httpx.Client, funnel: Funnel) -> tuple[str, dict[str, Any]]:
    """A POST that makes something."""
    if request.param == "leads":
        return f"leads?ref={funnel.ref}", {"Email": address()}
    if request.param == "journeys":
        return f"journeys?ref={funnel.ref}", {"Email": address()}
    if request.param == "datapoints":
        return "datapoints", {"Name": "Once", "Type": "Text"}
    if request.param == "funnels":
        return "funnels", {"Name": "Once"}
    if request.param == "users":
        return "users", {"Email": address(), "Role": "Manager"}
    lead = register(api, funnel)
    if request.param == "sessions":
        return "sessions", {"User": {"Id": lead["Id"]}}
    other = api.post("funnels", json={"Name": "Other"}).json()["Id"]
    draft = {"Name": "x", "Start": "e", "Nodes": {"e": {"Type": "End", "Name": "E", "Outcome": "Converted"}}}
    api.put(f"funnels/{other}/draft", json=draft)
    assert api.post(f"funnels/{other}/publish").status_code == 200
    return "journeys", {"Lead": {"Id": lead["Id"]}, "Funnel": {"Id": other}}


def test_the_same_again_is_answered_alike(api: httpx.Client, call: tuple[str, dict[str, Any]]) -> None:
    path, body = call
    first = api.post(path, json=body, headers=with_key("a"))
    assert first.status_code == 201, first.text
    assert "Idempotency-Replayed" not in first.headers
    again = api.post(path, json=body, headers=with_key("a"))
    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content


def test_something_else_with_the_same_key_is_refused(
    api: httpx.Client, call: tuple[str, dict[str, Any]]
) -> None:
    path, body = call
    assert api.post(path, json=body, headers=with_key("a")).status_code == 201
    for other_path, other_body in ((path, {**body, "Firstname": "x"}), ("funnels", body), ("users", body)):
        if (other_path, other_body) != (path, body):
            answer = api.post(other_path, json=other_body, headers=with_key("a"))
            assert_problem(answer, 422)
            if other_path != path:
                assert pointers(answer) == ["Idempotency-Key"]


def test_a_refused_call_leaves_the_key_free(api: httpx.Client, funnel: Funnel) -> None:
    for path, wrong, right in (
        ("datapoints", {"Name": "x"}, {"Name": "x", "Type": "Text"}),
        (f"leads?ref={funnel.ref}", {"Email": "x"}, {"Email": address()}),
    ):
        key = with_key(path)
        assert_problem(api.post(path, json=wrong, headers=key), 422)
        assert api.post(path, json=right, headers=key).status_code == 201


def test_each_api_key_has_keys_of_its_own(api: httpx.Client, program: Program, workspace: Workspace) -> None:
    second = api.post("api-keys", json={"Name": "Second"}).json()["Key"]
    one = api.post("funnels", json={"Name": "x"}, headers=with_key("a")).json()
    with client_for(program, second) as client:
        two = client.post("funnels", json={"Name": "x"}, headers=with_key("a")).json()
    assert one["Id"] != two["Id"]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_cannot_be_one_is_refused(api: httpx.Client, funnel: Funnel, key: str) -> None:
    for path, body in (("funnels", {"Name": "x"}), (f"leads?ref={funnel.ref}", {"Email": address()})):
        answer = api.post(path, json=body, headers=with_key(key))
        assert_problem(answer, 422)
        assert pointers(answer) == ["Idempotency-Key"]


def test_many_at_once_do_it_once(api: httpx.Client, funnel: Funnel) -> None:
    for path, body in (("funnels", {"Name": "Race"}), (f"leads?ref={funnel.ref}", {"Email": address()})):

        def send(_: int, path: str = path, body: dict[str, str] = body) -> httpx.Response:
            return api.post(path, json=body, headers=with_key("race " + path))

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, range(16)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        made = {answer.content for answer in answers if answer.status_code == 201}
        assert len(made) == 1
    assert [f["Name"] for f in api.get("funnels").json()["Items"]].count("Race") == 1


def test_completing_twice_is_done_once(api: httpx.Client, funnel: Funnel) -> None:
    journey = register(api, funnel)["Journey"]
    path = f"journeys/{journey['Id']}/activities/{journey['Activities'][0]['Id']}/complete"
    body = {"Data": [{"Name": "Interest", "Value": "A demo"}]}
    first = api.post(path, json=body, headers=with_key("c"))
    again = api.post(path, json=body, headers=with_key("c"))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
