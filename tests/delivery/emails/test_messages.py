"""A mail on the wire says what was meant, whatever letters are in it, and no line of it is somebody else's."""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.delivery.emails import tokens
from kohomai.delivery.emails.messages import Written, compose
from kohomai.delivery.emails.servers import Server

LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=200).map(
    lambda text: " ".join(text.split())
)
TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), min_size=1, max_size=500
)
HEADERS = {
    *("To", "From", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"),
}


def server(name: str | None = None, **more: Any) -> Server:
    """Settings of a mail server."""
    now = datetime.now(UTC)
    values = {"reply_to": None, "bounce_address": None, **more}
    return Server(
        workspace_id=1, host="x.example", port=25, security="TLS", username=None, sealed_password=None,
        from_address="hello@myapp.example", from_name=name, created_at=now, changed_at=now, **values,
    )  # fmt: skip


def written(**more: Any) -> Written:
    """A mail."""
    values = {"subject": "Hello", "text": "x\n", "html": "<p>x</p>", "automatic": True, **more}
    return Written(7, "john@corp.example", **values)


def read(content: bytes) -> EmailMessage:
    """What a mail program reads."""
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def decoded(header: str) -> str:
    """A header as people read it (RFC 2047). The newer policies of the library part long names by spaces."""
    unfolded = " ".join(header.split())
    return str(email.header.make_header(email.header.decode_header(unfolded)))


@given(name=LINES, subject=LINES)
def test_names_and_subjects_arrive_as_they_are(name: str, subject: str) -> None:
    if not name or not subject:
        return
    message = email.message_from_bytes(compose(written(subject=subject), server(name)).content)
    shown, address = email.utils.parseaddr(" ".join(message["From"].split()))
    assert (decoded(shown), address) == (name, "hello@myapp.example")
    assert decoded(message["Subject"]) == subject
    assert set(message) <= HEADERS
    assert message.defects == []


@given(text=TEXTS, html=TEXTS)
def test_bodies_arrive_as_they_are_in_lines_that_every_server_takes(text: str, html: str) -> None:
    content = compose(written(text=text, html=html), server()).content
    assert content.isascii()
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    message = read(content)
    for kind, meant in (("plain", text), ("html", html)):
        body = message.get_body((kind,))
        assert body is not None
        said = body.get_content().replace("\r\n", "\n")
        assert said.rstrip("\n") == meant.rstrip("\n")


@pytest.mark.parametrize("subject", ["a\nBcc: all@x.example", "a\r\nBcc: all@x.example"])
def test_a_line_break_in_a_header_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="newline"):
        compose(written(subject=subject), server())


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: all@x.example", "a b@c.example", "nobody", "a@b@c", ""]
)
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(ValueError, match="must be an e-mail address"):
        compose(Written(7, address, "s", "t", None, automatic=True), server())


def test_the_message_id_is_ours_and_nobody_elses() -> None:
    made = tokens.message_id(7)
    assert tokens.read_message_id(f"In-Reply-To: {made}") == 7
    assert tokens.read_message_id(made.replace("<7-", "<8-")) is None
    assert tokens.read_message_id("<7-00000000000000000000@x.example>") is None
    sender = tokens.envelope_sender(7, "bounces@myapp.example")
    assert tokens.read_envelope_sender(f"<{sender}>") == 7
    assert tokens.read_envelope_sender(sender.replace("+7-", "+8-")) is None
