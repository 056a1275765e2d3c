"""What comes back later: reports of mail servers, hooks of mail services, the pipe of a mail server."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kohomai.delivery import mail
from kohomai.delivery.emails import bounces, tokens
from tests.conftest import Workspace
from tests.delivery.emails.mailbox import Mailbox
from tests.delivery.emails.test_sending import LINK, ended, write
from tests.delivery.support import form, open_door, stage, told
from tests.support.program import ROOT, Program

POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mx.corp.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F1C.1700000000/mx.corp.example"

This is a MIME-encapsulated message.

--4F1C.1700000000/mx.corp.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4F1C.1700000000/mx.corp.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.corp.example
X-Postfix-Queue-ID: 4F1C
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; john@corp.example
Original-Recipient: rfc822;john@corp.example
Action: {action}
Status: {status}
Remote-MTA: dns; mail.corp.example
Diagnostic-Code: smtp; 550 5.1.1 <john@corp.example>: Recipient address
    rejected: User unknown

--4F1C.1700000000/mx.corp.example
Content-Description: Undelivered Message{headers_only}
Content-Type: {returned}

From: My app <hello@myapp.example>
To: john@corp.example
Message-ID: {message_id}
Subject: Your link

--4F1C.1700000000/mx.corp.example--
"""
SAID = "550 5.1.1 <john@corp.example>: Recipient address rejected: User unknown"


def report(
    number: int,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    returned: str = "message/rfc822",
    to: str = "hello@myapp.example",
    message_id: str | None = None,
) -> bytes:
    """What Postfix sends back."""
    text = POSTFIX.format(
        to=to,
        action=action,
        status=status,
        returned=returned,
        headers_only="",
        message_id=message_id or tokens.message_id(number),
    )
    return text.replace("\n", "\r\n").encode()


@pytest.fixture
def sent(api: httpx.Client, workspace: Workspace) -> dict[str, Any]:
    """A mail to a lead that the server took."""
    door = open_door(api, {"first": stage(form())})
    lead = door.register()
    with Mailbox() as box:
        box.set(api)
        number = write(workspace, to=lead["Email"], lead_id=lead["Id"], journey_id=lead["Journey"]["Id"])
        return ended(api, number, "Sent")


def hand_in(api: httpx.Client, raw: bytes, media_type: str = "message/rfc822") -> httpx.Response:
    """Hand a report in as it came."""
    return api.post("emails/bounces", content=raw, headers={"Content-Type": media_type})


def bounced_events(api: httpx.Client) -> list[dict[str, Any]]:
    """The events of mails that came back."""
    return [one for one in told(api.get("events?limit=200"))["Items"] if one["Type"] == "email.bounced"]


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_makes_the_mail_bounced_and_an_event_once(
    api: httpx.Client, sent: dict[str, Any], returned: str
) -> None:
    for _ in range(2):
        row = told(hand_in(api, report(sent["Id"], returned=returned)))
        assert (row["Id"], row["Status"], row["LastError"]) == (sent["Id"], "Bounced", SAID)
        assert row["SentAt"] == sent["SentAt"]
    (event,) = bounced_events(api)
    assert event["Data"] == {"Email": {"Id": sent["Id"], "Kind": "sign_in_link"}, "Reason": SAID}
    assert event["Journey"] == sent["Journey"]


def test_a_delay_changes_nothing_but_is_noted(api: httpx.Client, sent: dict[str, Any]) -> None:
    row = told(hand_in(api, report(sent["Id"], action="delayed", status="4.4.1")))
    assert row["Status"] == "Sent"
    assert row["LastError"] == f"4.4.1 {SAID}"
    assert bounced_events(api) == []


def test_it_is_found_by_the_address_it_was_sent_to(api: httpx.Client, workspace: Workspace) -> None:
    with Mailbox() as box:
        box.set(api, BounceAddress="bounces@myapp.example")
        number = write(workspace)
        ended(api, number, "Sent")
        (taken,) = box.taken
    assert taken.sender.startswith("bounces+")
    assert len(taken.sender.partition("@")[0]) <= 64
    assert taken.message["From"].addresses[0].addr_spec == "hello@myapp.example"
    raw = report(number, to=taken.sender, message_id="<1@elsewhere.example>")
    assert told(hand_in(api, raw))["Status"] == "Bounced"


def test_a_body_of_multipart_report_is_taken_too(api: httpx.Client, sent: dict[str, Any]) -> None:
    head, _, body = report(sent["Id"]).partition(b"\r\n\r\n")
    boundary = 'multipart/report; report-type=delivery-status; boundary="4F1C.1700000000/mx.corp.example"'
    assert boundary.partition(";")[0].encode() in head
    body = body[body.index(b"--4F1C") :]
    assert told(hand_in(api, body, boundary))["Status"] == "Bounced"


def test_json_is_for_the_hooks_of_mail_services(api: httpx.Client, sent: dict[str, Any]) -> None:
    body: dict[str, Any] = {"Email": {"Id": sent["Id"]}, "Reason": "Mailbox full", "Permanent": False}
    row = told(api.post("emails/bounces", json=body))
    assert (row["Status"], row["LastError"]) == ("Sent", "Mailbox full")
    row = told(api.post("emails/bounces", json={**body, "Reason": "No such user", "Permanent": True}))
    assert (row["Status"], row["LastError"]) == ("Bounced", "No such user")
    wrong = api.post("emails/bounces", json={"Email": {}, "Reason": 5})
    assert wrong.status_code == 422
    assert {one["pointer"] for one in wrong.json()["errors"]} == {"/Email/Id", "/Reason", "/Permanent"}


def test_what_is_not_of_this_workspace_is_left_alone(
    api: httpx.Client, other_api: httpx.Client, sent: dict[str, Any]
) -> None:
    assert hand_in(other_api, report(sent["Id"])).status_code == 404
    body = {"Email": {"Id": sent["Id"]}, "Reason": "x", "Permanent": True}
    assert other_api.post("emails/bounces", json=body).status_code == 404
    genuine = tokens.message_id(sent["Id"])
    forged = genuine.replace(genuine[-30:-20], "0000000000")
    for raw in (
        report(sent["Id"], message_id=forged),
        report(sent["Id"], action="delivered"),
        b"Subject: I am on holiday\r\nIn-Reply-To: " + genuine.encode() + b"\r\n\r\nUntil Monday.",
        b"",
        b"\xff\xfe",
    ):
        assert hand_in(api, raw).status_code == 422
    assert told(api.get(f"emails/{sent['Id']}"))["Status"] == "Sent"


def test_a_mail_server_pipes_it(program: Program, api: httpx.Client, sent: dict[str, Any]) -> None:
    def pipe(raw: bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "kohomai.site", "bounce"],
            input=raw,
            cwd=ROOT,
            env={**os.environ, **program.environment},
            capture_output=True,
            timeout=60,
            check=False,
        )

    done = pipe(report(sent["Id"]))
    assert (done.returncode, done.stdout.decode().strip()) == (0, f"mail {sent['Id']}: Bounced"), done.stderr
    assert told(api.get(f"emails/{sent['Id']}"))["Status"] == "Bounced"
    done = pipe(b"Subject: I am on holiday\r\n\r\nUntil Monday.")
    assert done.returncode == 0
    assert b"left alone" in done.stderr


def test_a_mail_that_waits_for_its_next_try_is_not_tried_any_more(
    api: httpx.Client, workspace: Workspace
) -> None:
    with Mailbox(recipient=lambda _: "451 Later") as box:
        box.set(api)
        made = mail.write(workspace.id, kind="sign_in_link", to="x@corp.example", context=LINK)
        assert made is not None
        row = told(hand_in(api, report(made)))
        assert (row["Status"], row["NextAt"]) == ("Bounced", None)


# --- the parser -----------------------------------------------------------------------------------------------


@given(st.binary(max_size=2_000))
def test_no_bytes_break_it(raw: bytes) -> None:
    with contextlib.suppress(ValueError):  # whatever else is raised fails
        bounces.read_report(raw)


@given(st.data())
def test_no_change_to_a_report_breaks_it(data: st.DataObject) -> None:
    raw = bytearray(report(7))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
    try:
        found = bounces.read_report(bytes(raw))
    except ValueError:
        return
    assert found.email_id == 7


@pytest.mark.parametrize("odd", ["a\0b", "\x1b[31m", "\udc80", "x" * 50_000])
def test_what_a_server_says_is_noted_whatever_it_is(
    api: httpx.Client, sent: dict[str, Any], odd: str
) -> None:
    raw = report(sent["Id"]).replace(b"Recipient address", odd.encode("utf-8", "surrogatepass"))
    assert hand_in(api, raw).status_code == 200
    (event,) = bounced_events(api)
    assert event["Data"]["Reason"].startswith("550 5.1.1 <john@corp.example>: ")
    assert event["Data"]["Reason"].isprintable()
