"""The way to the mail server: a checked address, a certificate for its name, an end in time, and plain words."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from kohomai.delivery.emails.connection import Connection, Rejected, Trouble
from kohomai.delivery.emails.messages import Message
from kohomai.delivery.emails.servers import Server
from kohomai.workspaces.secrets import seal, seal_with_site_key
from tests.conftest import Workspace
from tests.delivery.emails.certificates import contexts
from tests.delivery.emails.mailbox import HANG, Mailbox
from tests.delivery.support import rows, told
from tests.support.program import Program, free_port

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
MESSAGE = Message("a@myapp.example", "b@corp.example", b"Subject: x\r\n\r\nx\r\n", False)


def server(port: int, **more: Any) -> Server:
    """A mail server's settings."""
    now = datetime.now(UTC)
    password: str | None = more.pop("password", None)
    sealed = None if password is None else seal_with_site_key(password.encode())
    values: dict[str, Any] = {"host": "127.0.0.1", "security": "None", "username": None, **more}
    return Server(
        workspace_id=1, port=port, sealed_password=sealed,
        from_address="a@myapp.example", from_name=None, reply_to=None,
        bounce_address=None, created_at=now, changed_at=now, **values,
    )  # fmt: skip


@contextlib.contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does with each connection what ``talk`` says; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    wire, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=_served, args=(talk, wire), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listening.getsockname()[1])
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _served(talk: Callable[[socket.socket], None], wire: socket.socket) -> None:
    with wire, contextlib.suppress(OSError):
        talk(wire)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """``mail.kohomai.example`` is this machine."""
    asked = socket.getaddrinfo

    def answer(host: Any, *more: Any, **kinds: Any) -> Any:
        return asked("127.0.0.1" if host == "mail.kohomai.example" else host, *more, **kinds)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("security", ["TLS", "StartTLS"])
def test_the_certificate_is_held_against_the_name(named: None, tmp_path: Path, security: str) -> None:
    here, there = contexts(tmp_path, "mail.kohomai.example")
    with Mailbox(tls=here, at_once=security == "TLS", password="right") as box:
        good = server(
            box.port, host="mail.kohomai.example", security=security, username="me", password="right"
        )
        connection = Connection(good, LOOPBACK, tls=there)
        connection.send(MESSAGE)
        connection.send(MESSAGE)
        connection.close()
        assert len(box.taken) == 2
        assert len(box.peers) == 1
        other = server(box.port, host="127.0.0.1", security=security)
        with pytest.raises(Trouble, match="certificate is not valid: IP address mismatch"):
            Connection(other, LOOPBACK, tls=there)
        with pytest.raises(Trouble, match="certificate is not valid: self"):
            Connection(good, LOOPBACK, tls=ssl.create_default_context())
        assert len(box.taken) == 2


def test_no_password_is_told_to_who_offers_no_tls() -> None:
    with Mailbox(password="right") as box:
        wanted = server(box.port, security="StartTLS", username="me", password="right")
        with pytest.raises(Trouble, match="does not offer STARTTLS"):
            Connection(wanted, LOOPBACK)


@pytest.mark.parametrize(
    ("host", "security", "said"),
    [
        ("127.0.0.1", "TLS", "private or local network"),
        ("169.254.169.254", "TLS", "private or local network"),
        ("::ffff:10.0.0.1", "TLS", "private or local network"),
        ("8.8.8.8", "None", "Without TLS only networks"),
        ("no-such-host.invalid", "TLS", "name has no address"),
    ],
)
def test_addresses_are_checked_as_those_of_webhooks_are(host: str, security: str, said: str) -> None:
    with pytest.raises(Trouble, match=said):
        Connection(server(free_port(), host=host, security=security), [])


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (b"554 5.3.2 Not for you\r\n", "The server does not serve us: 554 5.3.2 Not for you"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "What the server answered is not SMTP."),
        (
            b"\xff\xfe\x00garbage\r\n",
            "What the server answered is not SMTP|closed the connection|does not serve us",
        ),
        (b"", "The server closed the connection."),
        (b"220-" + b"x" * 20_000 + b"\r\n", "does not serve us|closed the connection"),
    ],
)
def test_what_is_no_mail_server_is_named(greeting: bytes, said: str) -> None:
    with talking(lambda wire: wire.sendall(greeting)) as port, pytest.raises(Trouble, match=said):
        Connection(server(port), LOOPBACK, silence=2.0)


def test_silence_has_an_end() -> None:
    with talking(lambda wire: time.sleep(10)) as port:
        began = time.monotonic()
        with pytest.raises(Trouble, match="took too long"):
            Connection(server(port), LOOPBACK, silence=0.3)
        assert time.monotonic() - began < 3


def test_who_never_ends_an_answer_is_ended_from_outside() -> None:
    """A byte now and then is no silence: only a limit for the whole ends it."""

    def drip(wire: socket.socket) -> None:
        while True:
            wire.sendall(b"2")
            time.sleep(0.05)

    opened: list[Connection] = []
    with talking(drip) as port:
        threading.Timer(0.5, lambda: opened[0].end()).start()
        began = time.monotonic()
        with pytest.raises(Trouble, match="took too long"):
            Connection(server(port), LOOPBACK, started=opened.append)
        assert 0.4 < time.monotonic() - began < 3


def test_a_refusal_leaves_the_connection_for_the_next_mail() -> None:
    with Mailbox(recipient=lambda who: "550 No" if "nobody" in who else None) as box:
        connection = Connection(server(box.port), LOOPBACK)
        with pytest.raises(Rejected) as refused:
            connection.send(Message("a@myapp.example", "nobody@corp.example", MESSAGE.content, False))
        assert (refused.value.permanent, refused.value.recipient) == (True, True)
        assert connection.usable
        connection.send(MESSAGE)
        connection.close()
        assert len(box.taken) == 1


# --- by the API -----------------------------------------------------------------------------------------------


def test_the_password_is_sealed_and_never_shown(
    api: httpx.Client, workspace: Workspace, program: Program
) -> None:
    with Mailbox() as box:
        shown = box.set(api, Username="kohomai", Password="correct horse")
        assert shown["HasPassword"] is True
        assert "Password" not in shown
        assert "correct" not in api.get("workspace/smtp").text
        sql = "SELECT password, username FROM delivery_smtpserver WHERE workspace_id = %s"
        ((sealed, _),) = rows(program.database_url, sql, workspace.id)
        assert b"correct" not in bytes(sealed)
        box.set(api, Username="kohomai")  # absent leaves it
        assert rows(program.database_url, sql, workspace.id) == [(sealed, "kohomai")]
        assert box.set(api, Username="kohomai", Password=None)["HasPassword"] is False


def test_a_password_sealed_with_another_key_is_asked_for_again(
    api: httpx.Client, workspace: Workspace, program: Program
) -> None:
    with Mailbox() as box:
        box.set(api, Username="kohomai", Password="right")
        sealed = seal(b"right", b"the key of before")
        sql = "UPDATE delivery_smtpserver SET password = %s WHERE workspace_id = %s"
        rows(program.database_url, sql, sealed, workspace.id)
        assert told(api.get("workspace/smtp"))["HasPassword"] is True
        tried = told(api.post("workspace/smtp/test", json={"To": "me@corp.example"}))
        assert tried["Reason"] == "The password of the mail server cannot be read any more: set it again."


def test_the_password_is_told_to_no_other_host_than_it_was_given_for(api: httpx.Client) -> None:
    with Mailbox() as box:
        box.set(api, Username="kohomai", Password="correct horse")
        other = box.settings(Username="kohomai", Host="127.0.0.2")
        answer = api.put("workspace/smtp", json=other)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/Password"]
        assert told(api.get("workspace/smtp"))["Host"] == "127.0.0.1"
        assert told(api.put("workspace/smtp", json={**other, "Password": "theirs"}))["HasPassword"] is True
        assert box.set(api, Username="kohomai", Password=None)["HasPassword"] is False
        assert told(api.put("workspace/smtp", json=other))["HasPassword"] is False


def test_every_fault_of_the_settings_is_named(api: httpx.Client) -> None:
    answer = api.put(
        "workspace/smtp",
        json={
            "Host": "10.0.0.1",
            "Port": 0,
            "Security": "SSL",
            "Username": "käthe",
            "FromAddress": "nobody",
            "FromName": "a\r\nBcc: all@x.example",
            "ReplyTo": "x@",
            "Color": "red",
        },
    )
    assert answer.status_code == 422
    named = {fault["pointer"] for fault in answer.json()["errors"]}
    fields = ("Host", "Port", "Security", "Username", "FromAddress", "FromName", "ReplyTo", "Color")
    assert named == {f"/{field}" for field in fields}
    for host in ("localhost.", "metadata.internal", "a@b.example", "x.example/y", "smtp", "[::1]", "0x7f.1 "):
        settings = {"Host": host, "Port": 25, "Security": "TLS", "FromAddress": "a@b.example"}
        refused = api.put("workspace/smtp", json=settings)
        if host != "localhost.":  # this one the tests' own settings allow
            assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/Host"], host


def test_trying_says_what_went_wrong(api: httpx.Client) -> None:
    assert api.post("workspace/smtp/test", json={"To": "me@corp.example"}).status_code == 409
    with Mailbox(password="right") as box:
        box.set(api, Username="kohomai", Password="wrong")
        tried = told(api.post("workspace/smtp/test", json={"To": "me@corp.example"}))
        assert tried["Accepted"] is False
        assert tried["Reason"].startswith("The server refused to sign us in: 535 ")
        box.set(api, Username="kohomai", Password="right")
        tried = told(api.post("workspace/smtp/test", json={"To": "me@corp.example"}))
        assert (tried["Accepted"], tried["Reason"]) == (True, None)
        (taken,) = box.taken
        assert taken.recipient == "me@corp.example"
        assert "127.0.0.1" in taken.part("plain")
        # A call that is refused sends nothing; the same call with an Idempotency-Key sends once.
        refused = api.post("workspace/smtp/test", json={"To": "me@corp.example", "Color": "red"})
        assert refused.status_code == 422
        for _ in range(2):
            headers = {"Idempotency-Key": "one"}
            told(api.post("workspace/smtp/test", json={"To": "me@corp.example"}, headers=headers))
        assert len(box.taken) == 2
        box.recipient = lambda _: "550 5.1.1 Unknown"
        tried = told(api.post("workspace/smtp/test", json={"To": "me@corp.example"}))
        assert tried["Reason"] == "The server refused the recipient: 550 5.1.1 Unknown"
    tried = told(api.post("workspace/smtp/test", json={"To": "me@corp.example"}))
    assert tried["Reason"] == "The connection was refused."
    assert told(api.get("emails"))["Items"] == []
    assert api.post("workspace/smtp/test", json={"To": "nobody"}).json()["errors"][0]["pointer"] == "/To"


def test_trying_a_server_that_hangs_ends_within_ten_seconds(api: httpx.Client) -> None:
    with Mailbox(recipient=lambda _: HANG) as box:
        box.set(api)
        began = time.monotonic()
        tried = told(api.post("workspace/smtp/test", json={"To": "me@corp.example"}))
        assert time.monotonic() - began < 12
        assert tried["Accepted"] is False
        assert "took too long" in tried["Reason"] or "within 10 seconds" in tried["Reason"]


@pytest.mark.parametrize("greeting", [b"", b"220 hello\r\n"])
def test_an_answer_without_end_is_not_read(greeting: bytes) -> None:
    sent: list[int] = []

    def talk(wire: socket.socket) -> None:
        wire.sendall(greeting)
        while len(sent) < 2_000:  # of 64 kB each
            wire.sendall(b"250-x\r\n" * 9_000)
            sent.append(1)

    with talking(talk) as port, pytest.raises(Trouble, match="closed the connection"):
        Connection(server(port), LOOPBACK)
    assert len(sent) < 200
