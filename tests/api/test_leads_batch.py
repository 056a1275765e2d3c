"""``POST /leads/batch``: each as the single call would; one that fails fails alone."""

from __future__ import annotations

import httpx

from tests.api.support import Funnel, address, assert_problem, pointers


def test_each_item_fares_as_it_would_alone(api: httpx.Client, funnel: Funnel) -> None:
    twice = address("gmail.com")
    items = [{"Email": address()}, {"Email": "nobody", "Firstname": 1}, {"Email": twice}, {"Email": twice}]
    answer = api.post(f"leads/batch?ref={funnel.ref}", json={"Items": items})
    assert answer.status_code == 200
    got = answer.json()["Items"]
    assert [item["Status"] for item in got] == [201, 422, 201, 200]
    assert {error["pointer"] for error in got[1]["errors"]} == {"/Email", "/Firstname"}
    assert got[0]["Journey"]["Node"]["Key"] == "business"
    assert got[2]["Id"] == got[3]["Id"]


def test_a_thousand_go_in_and_a_thousand_and_one_do_not(api: httpx.Client, funnel: Funnel) -> None:
    items = [{"Email": f"lead-{n}@acme.example"} for n in range(1001)]
    answer = api.post(f"leads/batch?ref={funnel.ref}", json={"Items": items})
    assert_problem(answer, 422)
    assert pointers(answer) == ["/Items"]
    answer = api.post(f"leads/batch?ref={funnel.ref}", json={"Items": items[:1000]})
    assert {item["Status"] for item in answer.json()["Items"]} == {201}


def test_an_idempotency_key_covers_the_whole_batch(api: httpx.Client, funnel: Funnel) -> None:
    body = {"Items": [{"Email": address()}, {"Email": "nobody"}]}
    headers = {"Idempotency-Key": "batch-1"}
    first = api.post(f"leads/batch?ref={funnel.ref}", json=body, headers=headers)
    again = api.post(f"leads/batch?ref={funnel.ref}", json=body, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


def test_no_items_and_unknown_fields_are_refused(api: httpx.Client, funnel: Funnel) -> None:
    for body, where in (({"Items": []}, "/Items"), ({}, "/Items"), ({"Items": 1}, "/Items")):
        answer = api.post(f"leads/batch?ref={funnel.ref}", json=body)
        assert_problem(answer, 422)
        assert pointers(answer) == [where]
