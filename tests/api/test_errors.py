"""What is refused, and how: problem documents for everything, never HTML, every fault at once."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.api.support import Funnel, address, assert_problem, pointers
from tests.support.program import Program

JSON = {"Content-Type": "application/json"}

NOT_JSON = {
    "nothing": b"",
    "words": b"Email=x",
    "half": b'{"Email": "x@acme.example"',
    "two values": b"{} {}",
    "single quotes": b"{'Email': 1}",
    "NaN": b'{"Email": NaN}',
    "Infinity": b'{"Email": -Infinity}',
    "duplicate keys": b'{"Email": "a@acme.example", "Email": "b@acme.example"}',
    "duplicate keys deep inside": b'{"Attribution": {"UTMSource": "a", "UTMSource": "b"}}',
    "a large number": b'{"Email": ' + b"9" * 400 + b"}",
    "a large exponent": b'{"Email": 1e999}',
    "a small exponent": b'{"Email": 1e-999999999}',
    "no UTF-8": b'{"Email": "\xff"}',
    "UTF-16": '{"Email": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"Email": "x"}',
    "a control character": b'{"Email": "a\x01"}',
    "nested too deep": b"[" * 33 + b"]" * 33,
    "nested very deep": b"[" * 400_000,
    "nested deep in objects": b'{"a":' * 100 + b"1" + b"}" * 100,
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_400_what_is_not_json(api: httpx.Client, funnel: Funnel, body: bytes) -> None:
    assert_problem(api.post(f"leads?ref={funnel.ref}", content=body, headers=JSON), 400)
    assert_problem(api.post("datapoints", content=body, headers=JSON), 400)


def test_32_deep_is_json(api: httpx.Client) -> None:
    body = b'{"Name": ' + b"[" * 31 + b"]" * 31 + b', "Text": "' + b"[" * 99 + b'"}'
    assert_problem(api.post("datapoints", content=body, headers=JSON), 422)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true"])
def test_422_json_that_is_no_object(api: httpx.Client, funnel: Funnel, body: bytes) -> None:
    calls = (f"leads?ref={funnel.ref}", f"leads/batch?ref={funnel.ref}", "datapoints", "sessions", "journeys")
    for path in (*calls, f"journeys?ref={funnel.ref}"):
        assert_problem(api.post(path, content=body, headers=JSON), 422)
    assert_problem(api.put(f"funnels/{funnel.id}/draft", content=body, headers=JSON), 422)


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\udfff x", r"\ud83d"])
def test_422_texts_that_cannot_be_kept_are_named(api: httpx.Client, funnel: Funnel, escape: str) -> None:
    body = f'{{"Email": "x@acme.example", "Firstname": "a{escape}"}}'.encode()
    answer = api.post(f"leads?ref={funnel.ref}", content=body, headers=JSON)
    assert_problem(answer, 422)
    assert pointers(answer) == ["/Firstname"]
    answer = api.post("datapoints", content=f'{{"Name{escape}": 1}}'.encode(), headers=JSON)
    assert_problem(answer, 422)


def test_a_whole_surrogate_pair_is_text(api: httpx.Client) -> None:
    made = api.post("datapoints", content=rb'{"Name": "\ud83d\ude00", "Type": "Text"}', headers=JSON)
    assert made.status_code == 201
    assert made.json()["Name"] == "😀"


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer x", "Basic eDp5", "kh_live_x", "Bearer kh_live_" + "0" * 28]
)
def test_401_no_key_or_a_wrong_one(program: Program, funnel: Funnel, given: str) -> None:
    with httpx.Client(base_url=f"{program.base_url}/api/v1/") as client:
        for method, path in (("GET", "leads"), ("POST", f"leads?ref={funnel.ref}"), ("GET", "workspace")):
            headers = {"Authorization": given} if given else {}
            answer = client.request(method, path, headers=headers)
            assert_problem(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_404_ids_that_are_no_numbers_and_paths_that_are_not_there(api: httpx.Client) -> None:
    ids = ("x", "1x", "-1", "0", "1.5", str(2**53), "9" * 30, "%00", "%F0%9F%98%80", "１")
    for name in ids:
        for path in (
            f"leads/{name}",
            f"journeys/{name}",
            f"funnels/{name}/draft",
            f"journeys/1/activities/{name}",
        ):
            assert_problem(api.get(path), 404)
    for path in ("", "nothing", "leads/1/nothing", "docs/nothing", "%ED%A0%80"):
        assert_problem(api.get(path), 404)
    assert_problem(api.get(str(api.base_url).replace("/v1/", "/v2/leads")), 404)
    assert_problem(api.get(str(api.base_url).replace("/v1/", "/")), 404)


def test_405_with_allow_on_every_path(api: httpx.Client) -> None:
    document = api.get("openapi.json").json()
    for path, item in document["paths"].items():
        url = str(api.base_url).removesuffix("/api/v1/") + _filled(path)
        taken = {method.upper() for method in item}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken:
            answer = api.request(method, url)
            assert_problem(answer, 405)
            allowed = set(answer.headers["Allow"].split(", "))
            assert allowed == taken | {"OPTIONS"} | ({"HEAD"} if "GET" in taken else set())
    for path in ("openapi.json", "docs"):
        assert_problem(api.post(path), 405)
    assert_problem(api.request("TRACE", "leads"), 405)
    assert_problem(api.request("NONSENSE", "leads"), 405)


def _filled(path: str) -> str:
    import re

    return re.sub(r"\{[^}]+\}", "1", path)


def test_head_and_options(api: httpx.Client) -> None:
    head = api.head("leads")
    assert (head.status_code, head.content) == (200, b"")
    assert set(api.options("leads").headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}


def test_413_a_body_over_its_limit(api: httpx.Client, funnel: Funnel) -> None:
    mebibyte = 1024 * 1024
    large = b'{"Email": "' + b"x" * mebibyte + b'"}'
    assert_problem(api.post(f"leads?ref={funnel.ref}", content=large, headers=JSON), 413)
    assert_problem(api.post("datapoints", content=large, headers=JSON), 413)
    assert_problem(api.post("datapoints", content=iter([large]), headers=JSON), 413)
    exactly = b'{"Name": "' + b"x" * (mebibyte - 12) + b'"}'
    assert_problem(api.post("datapoints", content=exactly, headers=JSON), 422)
    draft = {"Name": "x", "Nodes": {}, "Tests": ["x" * (3 * mebibyte)]}
    saved = api.put(f"funnels/{funnel.id}/draft", json=draft, headers={"If-Match": "*"})
    assert saved.status_code == 200
    huge = b"[" + b" " * (16 * mebibyte) + b"]"
    answer = api.put(f"funnels/{funnel.id}/draft", content=huge, headers={**JSON, "If-Match": "*"})
    assert_problem(answer, 413)


def test_a_body_in_chunks_is_a_body(api: httpx.Client) -> None:
    parts = iter([b'{"Name": "In chunks", ', b'"Type": "Text"}'])
    assert api.post("datapoints", content=parts, headers=JSON).status_code == 201


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
)
def test_415_what_is_said_to_be_no_json(api: httpx.Client, funnel: Funnel, kind: str) -> None:
    body = json.dumps({"Email": address()}).encode()
    for path in (f"leads?ref={funnel.ref}", "datapoints"):
        assert_problem(api.post(path, content=body, headers={"Content-Type": kind}), 415)


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=UTF-8", "application/vnd.x+json"]
)
def test_what_is_json_by_its_type(api: httpx.Client, funnel: Funnel, kind: str) -> None:
    body = json.dumps({"Email": address()}).encode()
    answer = api.post(f"leads?ref={funnel.ref}", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 201


def test_every_answer_has_its_request_id_and_varies_with_the_origin(api: httpx.Client) -> None:
    for path in ("leads", "nothing", "leads/x", "openapi.json", "datapoints?x=1"):
        answer = api.get(path, headers={"X-Request-Id": "mine-1"})
        assert answer.headers["X-Request-Id"] == "mine-1"
        assert "Origin" in answer.headers["Vary"]
    assert api.get("leads").headers["X-Request-Id"]


def test_a_pointer_names_fields_as_rfc_6901_has_it(api: httpx.Client) -> None:
    answer = api.post("datapoints", json={"Name": "x", "Type": "Text", "a/b~c": 1})
    assert_problem(answer, 422)
    assert pointers(answer) == ["/a~1b~0c"]
