"""Hostile strings as names, data and references: shown exactly as sent, or refused naming the field; never a 500."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.support.funnels import Funnel, address, data

KINDS = {
    "control": [f"a{chr(code)}b" for code in (*range(32), 127, *range(128, 160))],
    "direction": [f"a{mark}b" for mark in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"],
    "invisible": [f"a{mark}b" for mark in "\u00ad\u200b\u200c\u200d\u2060\ufeff\u00a0\u3000\ufffe\uffff\ufdd0\ufffd"],
    "emoji": ["😀", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "\U0010ffff", "☠️", "1️⃣"],
    "letters": ["ÀÉÎ", "Ω≈ç√", "田中さん", "العربية", "עברית", "हिन्दी", "ไทย", "ﬁ", "ẞ", "İi", "e\u0301", "Z̸̢a̸l̸g̸o̸" * 20],
    "length": ["x" * 200, "x" * 201, "x" * 10_000, "x" * 10_001, "é" * 10_240, " " * 50, "\n" * 50],
    "sql": [
        "'", '"', "';--", "' OR '1'='1", "Robert'); DROP TABLE leads_lead;--", "%", "%s", "%(x)s", "_",
        "\\", "$1", "{}", "\\'", "' UNION SELECT 1", "`", "\\N", "\\.", "a;b", "1=1",
        "E'\\x00'", "1; SELECT pg_sleep(9)", "\\copy", "/* */", "||", "::int",
        "NULL", "null", "None", "undefined", "NaN",
    ],
    "markup": [
        "<b>x</b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;", "&#x3c;", "]]>", "<!--", "-->",
        "javascript:alert(1)", "<svg/onload=alert(1)>", "</title>", "</textarea>",
        "\u2028alert(1)\u2029", "data:text/html,x",
    ],
    "template": ["{{ 7*7 }}", "{% now %}", "{# x #}", "${7*7}", "#{7*7}", "<%= 7 %>", "{{ settings }}", "%7B%7B"],
    "formula": ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0"],
    "path": ["../../etc/passwd", "/etc/passwd", "C:\\x", "~", ".", "..", "CON", "file:///etc/passwd", "a/b", "a~1b"],
    "number": ["0", "-1", "1e400", "0x10", "１２３", "1_000", "true", "false", "[]", "Infinity"],
    "shell": ["`id`", "$(id)", "; ls", "| ls", "&& ls", "\r\nSet-Cookie: a=b", "%0d%0a", "\u2025", "\u0130" * 30],
}  # fmt: skip
STRINGS = [text for kind in KINDS.values() for text in kind]


def send(funnel: Funnel, body: dict, ref: str | None = None) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    answer = funnel.api.post(
        "leads", params={"ref": ref or funnel.ref}, content=json.dumps(body), headers=headers
    )
    assert answer.status_code < 500, (body, answer.text)
    return answer


def test_there_are_two_hundred_of_them() -> None:
    assert len(set(STRINGS)) >= 200


@pytest.mark.parametrize("kind", KINDS)
def test_as_names_and_data(funnel: Funnel, kind: str) -> None:
    for text in KINDS[kind]:
        email = address()
        value = {"Name": "My datapoint", "Value": text}
        answer = send(funnel, {"Email": email, "Firstname": text, "Lastname": text, "JourneyData": [value]})
        if answer.status_code == 201:
            lead = answer.json()
            assert lead["Firstname"] == lead["Lastname"] == text
            assert funnel.api.get(f"leads/{lead['Id']}").json()["Firstname"] == text
            read = funnel.api.get(f"journeys/{lead['Journey']['Id']}").json()
            assert data(read)["My datapoint"] == text
        else:
            assert answer.status_code == 422
            places = {fault["pointer"] for fault in answer.json()["errors"]}
            assert places <= {"/Firstname", "/Lastname", "/JourneyData/0/Value"}, text
            assert places
            assert funnel.api.get("leads", params={"Email": email}).json()["Items"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_as_addresses_phones_and_urls(funnel: Funnel, kind: str) -> None:
    for text in KINDS[kind]:
        body = {
            "Email": f"{text}@company.example",
            "PhoneNumber": text,
            "RedirectURL": text,
            "WebhookInput": {"URL": text, "Events": [text]},
        }
        answer = send(funnel, body)
        assert answer.status_code == 422, text
        named = {fault["pointer"] for fault in answer.json()["errors"]}
        assert "/WebhookInput/Events/0" in named or named == {
            pointer for pointer in named if pointer.startswith("/WebhookInput")
        }, text
        answer = send(funnel, {"Email": f"{text}{address()}"})
        if answer.status_code == 201:
            assert answer.json()["Email"].startswith(text)
        else:
            assert answer.status_code in (200, 422)


@pytest.mark.parametrize("kind", KINDS)
def test_as_references_and_names_of_fields_and_data_points(funnel: Funnel, kind: str) -> None:
    for text in KINDS[kind]:
        if len(text) < 2000:
            answer = send(funnel, {"Email": address()}, ref=text)
            assert answer.status_code in (404, 422), text
        value = {"Name": text, "Value": "x"}
        answer = send(funnel, {"Email": address(), f"X{text}": 1, "JourneyData": [value]})
        assert answer.status_code == 422
        assert len(answer.json()["errors"]) >= 1


@pytest.mark.parametrize("field", ["Email", "Firstname", "PhoneNumber", "RedirectURL"])
@pytest.mark.parametrize("text", ["\\ud800", "a\\udc00b", "\\u0000", "\\ud83d"])
def test_halves_of_surrogate_pairs_and_nul(funnel: Funnel, field: str, text: str) -> None:
    body = {"Email": address(), field: "?"}
    raw = json.dumps(body).replace('"?"', f'"{text}"')
    headers = {"Content-Type": "application/json"}
    answer = funnel.api.post("leads", params={"ref": funnel.ref}, content=raw, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


def test_a_long_address_whose_small_letters_are_longer(funnel: Funnel) -> None:
    answer = send(funnel, {"Email": "\u0130" * 120 + "@" + "\u0130" * 40 + ".example"})

    assert answer.status_code == 422
