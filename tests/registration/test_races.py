"""Calls at the same moment: one lead, and one journey unless the rule is Always; across web processes too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.conftest import Workspace, client_for
from tests.support.funnels import Funnel, address, complete, data, form_funnel, get_journey, make_point
from tests.support.program import Program


@pytest.fixture
def at_once(program: Program, workspace: Workspace) -> Callable[..., list[httpx.Response]]:
    """Sends bodies at the same moment, each by a connection of its own."""

    def send(funnel: Funnel, bodies: list[dict]) -> list[httpx.Response]:
        barrier = Barrier(len(bodies))

        def one(body: dict) -> httpx.Response:
            with client_for(program, workspace.key) as api:
                api.get("leads", params={"limit": 1})  # the connection is there
                barrier.wait(60)
                return Funnel(api, funnel.id, funnel.ref).post(body)

        with ThreadPoolExecutor(len(bodies)) as pool:
            return list(pool.map(one, bodies))

    return send


def journeys(api: httpx.Client, lead_id: int) -> list[int]:
    listed = api.get("journeys", params={"Lead": lead_id, "limit": 200}).json()["Items"]
    return [journey["Id"] for journey in listed]


@pytest.mark.parametrize("calls", [2, 50])
@pytest.mark.parametrize("rule", ["WhenEnded", "Never"])
def test_a_new_lead(api: httpx.Client, at_once: Any, calls: int, rule: str) -> None:
    funnel, email = form_funnel(api, Reentry=rule), address()
    answers = at_once(funnel, [{"Email": email}] * calls)

    assert sorted(answer.status_code for answer in answers) == [200] * (calls - 1) + [201]
    assert len({answer.json()["Id"] for answer in answers}) == 1
    assert len({answer.json()["Journey"]["Id"] for answer in answers}) == 1
    assert len(journeys(api, answers[0].json()["Id"])) == 1
    assert sorted(answer.json()["Result"] for answer in answers) == ["Created"] + ["Existing"] * (calls - 1)


def test_a_lead_whose_journey_has_ended(api: httpx.Client, at_once: Any) -> None:
    funnel, email = form_funnel(api), address()
    first = funnel.register(email)
    complete(api, first["Journey"], "needs", {"Interest": "x"})
    answers = at_once(funnel, [{"Email": email}] * 10)

    assert len({answer.json()["Journey"]["Id"] for answer in answers}) == 1
    assert len(journeys(api, first["Id"])) == 2


def test_always_makes_a_journey_for_each(api: httpx.Client, at_once: Any) -> None:
    funnel = form_funnel(api, Reentry="Always")
    answers = at_once(funnel, [{"Email": address()}] * 10)

    assert len({answer.json()["Id"] for answer in answers}) == 1
    assert len({answer.json()["Journey"]["Id"] for answer in answers}) == 10


def test_what_each_sends_is_applied(api: httpx.Client, at_once: Any) -> None:
    points = [f"Point {n}" for n in range(8)]
    for point in points:
        make_point(api, point)
    funnel, email = form_funnel(api), address()
    bodies = [{"Email": email, "JourneyData": [{"Name": point, "Value": "x"}]} for point in points]
    answers = at_once(funnel, bodies)

    known = data(get_journey(api, answers[0].json()["Journey"]["Id"]))
    assert {point for point in points if point in known} == set(points)


def test_two_funnels(api: httpx.Client, at_once: Any) -> None:
    one, other = form_funnel(api), form_funnel(api)
    email = address()
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(at_once, funnel, [{"Email": email}] * 5) for funnel in (one, other)]
        answers = [answer for sent in both for answer in sent.result()]

    assert len({answer.json()["Id"] for answer in answers}) == 1
    assert len({answer.json()["Journey"]["Id"] for answer in answers}) == 2


def test_registering_while_the_form_is_completed(api: httpx.Client, at_once: Any) -> None:
    funnel = form_funnel(api)
    for _ in range(5):
        lead = funnel.register()
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(complete, api, lead["Journey"], "needs", {"Interest": "x"})
            answers = at_once(funnel, [{"Email": lead["Email"], "Firstname": str(n)} for n in range(4)])
            assert done.result()["Status"] == "Completed"
        assert {answer.status_code for answer in answers} == {200}
        assert len(journeys(api, lead["Id"])) <= 2
