"""Two hundred hostile strings as names, data values and references: stored and shown exactly, or refused
naming the field; never a 500, never a half-stored lead."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.api.support import Funnel, address, assert_problem, pointers

BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u3164\u180e\u2028\u2029\u00a0\u3000"
CONTROLS = [chr(code) for code in (*range(32), *range(127, 160))]
SCRIPTS = """
<script>alert(1)</script> | <img src=x onerror=alert(1)> | "><svg/onload=alert(1)> | javascript:alert(1) | </title>
| <!-- | --> | ]]> | <![CDATA[x]]> | &lt;b&gt; | &#0; | &amp;amp; | <style>*{display:none}</style> | <iframe src=//x>
| {{ 7*7 }} | {% debug %} | {# x #} | ${7*7} | #{7*7} | <%= 7*7 %> | {{constructor.constructor('x')()}} | {0} | {0.__class__}
| %s | %(x)s | %n%n%n | %x%x | %00 | %0a%0d | \\x00 | \\u0000 | \\ud800 | \\ | \\\\ | \\" | " | ' | ` | '' | \\' | "" | $$ | $1
| '; DROP TABLE leads_lead; -- | ' OR '1'='1 | 1; SELECT pg_sleep(9) | ') UNION SELECT NULL-- | E'\\\\' | /* x */ | -- | ;
| null | NULL | None | nil | undefined | true | false | NaN | Infinity | -Infinity | 0 | -0 | 1e309 | 0x10 | 1_000 | 1,000 | ٣ | Ⅷ
| [] | {} | [object Object] | {"$ne": 1} | {"a": 1} | __proto__ | constructor | toString | hasOwnProperty | self | this
| ../../etc/passwd | ..\\..\\x | /etc/passwd | file:///x | C:\\CON | CON | nul | .htaccess | ~ | ~root | /~0~1 | a/b | a~b | #12 | ##12
| $(id) | `id` | | ; id | && id | > /dev/null | \\$HOME | %PATH% | () { :;}; | -rf | --help | @x | =1+1 | +1 | -1+1 | =HYPERLINK("x")
| http://169.254.169.254/ | //evil.example | data:text/html,x | mailto:x | \\\\host\\share | ftp://x
| héllo | naïve | e\u0301 | é | ﬁ | ß | ẞ | İ | ı | ǅ | ﷽ | ﷺ | Ω | K | ｆｕｌｌ | 𝕳 | 中文 | 日本語 | 한국어 | עברית | العربية | हिन्दी | ไทย
| 😀 | 👨‍👩‍👧‍👦 | 🏳️‍🌈 | 🇩🇪 | 👍🏽 | ❤️ | \U0010ffff | \ufffd | \ufffe | \ue000 | a\u0300\u0301\u0302\u0303 | Z\u0351\u0489
| #12345 | Default | qualify | Email | email domain | EMAIL | a b | a\tb | a\nb | . | , | - | _ | Ω≈ç√∫ | ̡͓̞ͅI̗̘̦ | ﻿x
"""  # noqa: E501
LONG = ["x" * 200, "x" * 201, "ß" * 200, "\u0390" * 200, "😀" * 200, "x" * 10_000, "x" * 10_001, "é" * 10_000]
NESTED = ["[" * 500, "{" * 500, '{"a":' * 100, "((((((((((a*)*)*)*)*)*)*)*)*)*", "^(a+)+$"]
STRINGS = list(
    dict.fromkeys(
        [
            *(text.strip() for text in SCRIPTS.replace("\n", " ").split(" | ") if text.strip()),
            *BIDI,
            *INVISIBLE,
            *(f"a{mark}b" for mark in BIDI),
            *(f"a{control}b" for control in CONTROLS),
            "a\ud800b",
            "\udfff",
            "a\tb",
            "a\nb",
            "a\r\nb",
            " ",
            "  x  ",
            "\n",
            *LONG,
            *NESTED,
        ]
    )
)


def body_of(value: Any) -> bytes:
    """JSON in pure ASCII: what cannot be written as UTF-8 arrives as its escape."""
    return json.dumps(value).encode()


def send(api: httpx.Client, path: str, body: Any, method: str = "POST") -> httpx.Response:
    answer = api.request(method, path, content=body_of(body), headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, (body, answer.text)
    return answer


def test_there_are_two_hundred() -> None:
    assert len(STRINGS) >= 200


def test_as_names_of_leads_and_as_data(api: httpx.Client, funnel: Funnel) -> None:
    taken = 0
    for text in STRINGS:
        before = len(api.get("leads?order=-Id&limit=1").json()["Items"])
        email = address("gmail.com")
        body = {"Email": email, "Firstname": text, "JourneyData": [{"Name": "My datapoint", "Value": text}]}
        answer = send(api, f"leads?ref={funnel.ref}", body)
        stored = api.get("leads", params={"Email": email}).json()["Items"]
        if answer.status_code == 201:
            taken += 1
            known = {item["Name"]: item["Value"] for item in answer.json()["Journey"]["Data"]}
            assert answer.json()["Firstname"] == text == stored[0]["Firstname"]
            assert known["My datapoint"] == text
            whole = api.get(f"journeys/{answer.json()['Journey']['Id']}").json()
            assert {"Name": "My datapoint", "Value": text}.items() <= next(
                item for item in whole["Data"] if item["Name"] == "My datapoint"
            ).items()
        else:
            assert_problem(answer, 422)
            assert set(pointers(answer)) <= {"/Firstname", "/JourneyData/0/Value"}
            assert stored == []
        assert before <= 1
    assert taken > 150


def test_as_names_of_things(api: httpx.Client) -> None:
    for text, (path, more) in itertools.product(
        STRINGS, (("datapoints", {"Type": "Text"}), ("funnels", {}), ("api-keys", {}))
    ):
        answer = send(api, path, {"Name": text, **more})
        if answer.status_code == 201:
            assert answer.json()["Name"] == text
            assert api.get(f"{path}/{answer.json()['Id']}").json()["Name"] == text
        else:
            assert_problem(answer, 422)
            assert pointers(answer) == ["/Name"]


def test_as_names_of_data_points_that_leads_send(api: httpx.Client, funnel: Funnel) -> None:
    there = {item["Name"].casefold() for item in api.get("datapoints?limit=200").json()["Items"]}
    for text in STRINGS:
        body = {"Email": address(), "JourneyData": [{"Name": text, "Value": "x"}]}
        answer = send(api, f"leads?ref={funnel.ref}", body)
        assert_problem(answer, 422)
        assert pointers(answer) == ["/JourneyData/0/Name"], text
        assert text.casefold() not in there or "Email" in answer.text
    assert api.get("leads").json()["Items"] == []


def test_as_addresses(api: httpx.Client, funnel: Funnel) -> None:
    for text in STRINGS:
        for field in ("Email", "PhoneNumber", "RedirectURL"):
            body = {"Email": address(), field: text}
            answer = send(api, f"leads?ref={funnel.ref}", body)
            if answer.status_code != 201:
                assert_problem(answer, 422)
                assert pointers(answer) == [f"/{field}"], (field, text)


def test_as_references_and_ids(api: httpx.Client, funnel: Funnel) -> None:
    for text in STRINGS:
        if len(text) > 2_000 or any("\ud800" <= letter <= "\udfff" for letter in text):
            continue
        written = quote(text, safe="")
        for path in (f"leads?ref={written}", f"leads?funnel={written}", f"journeys?ref={written}"):
            assert send(api, path, {"Email": address()}).status_code in (404, 422), text
        for path in (f"leads?Email={written}", f"leads?cursor={written}", f"journeys?Node={written}"):
            assert api.get(path).status_code in (200, 422), text
        if written.strip(".") and "/" not in text:
            assert api.get(f"leads/{written}").status_code == 404, text


def test_as_a_draft_and_its_version(api: httpx.Client, funnel: Funnel) -> None:
    end = {"Type": "End", "Outcome": "Converted"}
    for text in STRINGS:
        document = {"Name": text, "Start": "won", "Nodes": {"won": {**end, "Name": text}}, "Tests": []}
        path = f"funnels/{funnel.id}/draft"
        headers = {"Content-Type": "application/json", "If-Match": "*"}
        answer = api.put(path, content=body_of(document), headers=headers)
        if answer.status_code == 200:
            assert answer.json()["Draft"]["Nodes"]["won"]["Name"] == text
            assert api.get(path).json()["Draft"]["Nodes"]["won"]["Name"] == text
        else:
            assert_problem(answer, 422)
        document = {"Name": "x", "Start": text, "Nodes": {text: {**end, "Name": "x"}}}
        assert api.put(path, content=body_of(document), headers=headers).status_code in (200, 422)


@pytest.mark.parametrize("header", ["Idempotency-Key", "If-Match", "Origin", "X-Request-Id", "Authorization"])
def test_as_headers(api: httpx.Client, funnel: Funnel, header: str) -> None:
    for text in STRINGS:
        value = text.encode("utf-8", "replace")
        if (
            any((byte < 32 and byte != 9) or byte == 127 for byte in value)
            or value != value.strip()
            or not value
        ):
            continue
        if len(value) > 4_000:
            continue
        answer = api.post("funnels", json={"Name": ""}, headers=[(header.encode(), value)])  # type: ignore[list-item]
        assert answer.status_code in (400, 401, 422), (text, answer.text)
