"""What every request passes through: its id, its host, the headers of its answer, what is said of errors."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from typing import Any

import httpx
import psycopg
import pytest
from django import db

from kohomai.site.middleware import believe_proxies, is_api, is_database_away
from tests.support.program import Program

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize("given", ["abc", "a-b_c.d:e", "1" * 128])
def test_gives_back_the_request_id(program: Program, given: str) -> None:
    answer = httpx.get(f"{program.base_url}/healthz", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", [None, "", "1" * 129, "a b", 'a"b', "<script>"])
def test_makes_a_request_id_where_none_can_be_taken(program: Program, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    found = [
        httpx.get(f"{program.base_url}/api/v1/x", headers=headers).headers["X-Request-Id"] for _ in range(2)
    ]
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in found)
    assert found[0] != found[1]


def test_logs_the_request_id_and_no_query(program: Program) -> None:
    httpx.get(f"{program.base_url}/api/v1/x?Email=secret@example.com", headers={"X-Request-Id": "find-me-42"})
    lines = [line for line in program.log.read_text().splitlines() if '"find-me-42"' in line]
    said = [json.loads(line) for line in lines]
    assert [(each["path"], each["status"]) for each in said if each["event"] == "request"] == [
        ("/api/v1/x", 404)
    ]
    assert "secret@example.com" not in program.log.read_text()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:80@evil.example", ""]
)
@pytest.mark.parametrize("path", ["/api/v1/leads", "/f/"])
def test_refuses_other_hosts(program: Program, host: str, path: str) -> None:
    answer = httpx.get(f"{program.base_url}{path}", headers={"Host": host})
    assert answer.status_code == 400
    assert host not in answer.text or not host
    if path.startswith("/api"):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 400


def test_answers_for_health_by_any_host(program: Program) -> None:
    answer = httpx.get(f"{program.base_url}/healthz", headers={"Host": "10.1.2.3"})
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_head_has_no_body_and_leaves_the_connection_usable(program: Program) -> None:
    with socket.create_connection(("127.0.0.1", program.port), timeout=10) as connection:
        for _ in range(2):
            connection.sendall(f"HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1:{program.port}\r\n\r\n".encode())
            said = b""
            while not said.endswith(b"\r\n\r\n"):
                said += connection.recv(4096)
            assert said.startswith(b"HTTP/1.1 200")


def test_names_the_length_of_an_answer(program: Program) -> None:
    answer = httpx.get(f"{program.base_url}/api/v1/x")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert "Transfer-Encoding" not in answer.headers


def test_pages_say_what_they_may_load(program: Program) -> None:
    answer = httpx.get(f"{program.base_url}/there-is-no-such-page")
    assert answer.status_code == 404
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    nonce = re.search("'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_two_answers_have_two_nonces(program: Program) -> None:
    policies = [httpx.get(f"{program.base_url}/no-page").headers["Content-Security-Policy"] for _ in range(2)]
    assert policies[0] != policies[1]


def test_the_api_answers_no_html_and_sets_no_cookie(program: Program) -> None:
    answer = httpx.get(f"{program.base_url}/api/v1/there-is-no-such-thing")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Content-Security-Policy" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_knows_the_api_from_pages() -> None:
    assert is_api("/api/v1/leads")
    assert not is_api("/api/v1/docs")
    assert not is_api("/f/")
    assert not is_api("/apiary")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1, rubbish", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
    ],
)
def test_believes_trusted_proxies_only(peer: str, forwarded: str, client: str) -> None:
    meta: dict[str, Any] = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded, "wsgi.url_scheme": "http"}
    meta["HTTP_X_FORWARDED_PROTO"] = "https"
    believe_proxies(meta, PROXIES)
    assert meta["REMOTE_ADDR"] == client
    assert meta["wsgi.url_scheme"] == ("http" if peer == "203.0.113.9" else "https")


def test_knows_when_the_database_is_away() -> None:
    assert is_database_away(db.OperationalError())
    assert is_database_away(psycopg.OperationalError())
    assert not is_database_away(db.IntegrityError())
    assert not is_database_away(ValueError())
