"""What waits in the outbox is handed to the workspace's mail server, and its row says what became of it."""

from __future__ import annotations

import email.utils
import re
from typing import Any

import httpx
import pytest

from kohomai.delivery import mail
from kohomai.delivery.emails import tokens
from tests.conftest import Workspace
from tests.delivery.emails.mailbox import DROP, Mailbox
from tests.delivery.support import form, open_door, rows, stage, told, until
from tests.support.program import Program

LINK = {"URL": "http://x.example/?a=1&b=2", "Code": "123456", "Minutes": 15}


def write(
    workspace: Workspace, to: str = "john@corp.example", kind: str = "sign_in_link", **more: Any
) -> int:
    """A mail in the outbox."""
    made = mail.write(workspace.id, kind=kind, to=to, context=more.pop("context", LINK), **more)
    assert made is not None
    return made


def ended(api: httpx.Client, number: int, status: str, seconds: float = 10.0) -> dict[str, Any]:
    """The mail, when it has that status."""
    return until(
        lambda: (found := told(api.get(f"emails/{number}")))["Status"] == status and found, seconds, status
    )


def tried(api: httpx.Client, number: int, times: int = 1) -> dict[str, Any]:
    """The mail, when it was tried so often."""
    return until(lambda: (found := told(api.get(f"emails/{number}")))["Tries"] == times and found)


def test_without_a_server_it_is_kept_and_never_sent_by_surprise(
    api: httpx.Client, workspace: Workspace
) -> None:
    kept = write(workspace)
    assert told(api.get(f"emails/{kept}"))["Status"] == "Kept"
    with Mailbox() as box:
        box.set(api)
        later = write(workspace, to="jane@corp.example")
        ended(api, later, "Sent")
        assert [one.recipient for one in box.taken] == ["jane@corp.example"]
    assert told(api.get(f"emails/{kept}"))["Status"] == "Kept"


def test_no_link_can_be_read_in_the_database(
    api: httpx.Client, workspace: Workspace, program: Program
) -> None:
    number = write(workspace)
    ((kept,),) = rows(program.database_url, "SELECT e::text FROM delivery_email AS e WHERE id = %s", number)
    assert "john@corp.example" in kept
    assert "x.example" not in kept
    shown = told(api.get(f"emails/{number}"))
    assert LINK["URL"] in shown["Text"]
    assert "123456" in shown["HTML"]
    # Sealed by another key: it is not sent, and says why.
    other = "UPDATE delivery_email SET text = %s || substring(text FROM 20), status = 'Kept' WHERE id = %s"
    rows(program.database_url, other, "sealed:AQAAAAAAAAAA", number)
    assert told(api.get(f"emails/{number}"))["Text"] == ""
    with Mailbox() as box:
        box.set(api)
        told(api.post(f"emails/{number}/retry", json={}))
        row = ended(api, number, "Failed")
        assert "KOHOMAI_SECRET_KEY" in row["LastError"]
        assert not box.taken


def test_a_mail_is_sent_whole(api: httpx.Client, workspace: Workspace, program: Program) -> None:
    with Mailbox() as box:
        box.set(api, FromName='Müller, Jörg "& Co" <x@y.example>', ReplyTo="sales@bücher.example")
        number = write(workspace, to="john@bücher.example")
        row = ended(api, number, "Sent")
        (taken,) = box.taken
    assert row["Tries"] == 1
    assert row["SentAt"]
    assert row["NextAt"] is None
    assert (taken.sender, taken.recipient) == ("hello@myapp.example", "john@xn--bcher-kva.example")
    message = taken.message
    assert message["From"].addresses[0].display_name == 'Müller, Jörg "& Co" <x@y.example>'
    assert message["From"].addresses[0].addr_spec == "hello@myapp.example"
    assert message["To"].addresses[0].addr_spec == "john@xn--bcher-kva.example"
    assert message["Reply-To"].addresses[0].addr_spec == "sales@xn--bcher-kva.example"
    assert message["Subject"].startswith("123456: your code for Workspace ")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert tokens.read_message_id(message["Message-ID"]) == number
    assert email.utils.parsedate_to_datetime(message["Date"])
    assert LINK["URL"] in taken.part("plain")
    assert "http://x.example/?a=1&amp;b=2" in taken.part("html")
    assert all(len(line) <= 998 for line in taken.content.split(b"\r\n"))
    assert taken.content.isascii()


def test_an_address_in_utf_8_is_written_to_as_such(api: httpx.Client, workspace: Workspace) -> None:
    with Mailbox() as box:
        box.set(api)
        ended(api, write(workspace, to="jörg@bücher.example"), "Sent")
        (taken,) = box.taken
    assert taken.recipient == "jörg@xn--bcher-kva.example"
    assert "SMTPUTF8" in taken.options
    assert "jörg@xn--bcher-kva.example" in taken.content.decode()


def test_one_connection_carries_several_mails_and_a_workspace_has_two(
    api: httpx.Client, workspace: Workspace
) -> None:
    with Mailbox() as box:
        box.set(api)
        wanted = [
            mail.render(workspace.id, kind="sign_in_link", to=f"u{n}@corp.example", context=LINK)
            for n in range(30)
        ]
        numbers = mail.insert(wanted)
        until(lambda: len(box.taken) == 30)
        for number in numbers:
            ended(api, number, "Sent")
        assert len({one.recipient for one in box.taken}) == 30
        assert len(box.peers) < 15
        assert box.most <= 2


def test_a_refused_recipient_bounces_at_once(api: httpx.Client, workspace: Workspace) -> None:
    with Mailbox(recipient=lambda who: "550 5.1.1 <nobody> unknown" if "nobody" in who else None) as box:
        box.set(api)
        gone, there = write(workspace, to="nobody@corp.example"), write(workspace)
        row = ended(api, gone, "Bounced")
        assert row["LastError"] == "The server refused the recipient: 550 5.1.1 <nobody> unknown"
        assert (row["Tries"], row["NextAt"]) == (1, None)
        ended(api, there, "Sent")


def test_a_refused_mail_has_failed_at_once(api: httpx.Client, workspace: Workspace) -> None:
    with Mailbox(data=lambda _: "554 5.7.1 Looks like spam") as box:
        box.set(api)
        row = ended(api, write(workspace), "Failed")
    assert row["LastError"] == "The server refused the mail: 554 5.7.1 Looks like spam"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("451 4.3.0 Try again later", "The server refused the recipient: 451 4.3.0 Try again later"),
        (DROP, "The server closed the connection."),
        ("421 4.3.2 Going down", "The server refused the recipient: 421 4.3.2 Going down"),
    ],
)
def test_what_may_pass_is_tried_again_after_a_minute(
    api: httpx.Client, workspace: Workspace, program: Program, answer: str, said: str
) -> None:
    with Mailbox(recipient=lambda _: answer) as box:
        box.set(api)
        number = write(workspace)
        row = tried(api, number)
        assert (row["Status"], row["LastError"]) == ("Waiting", said)
        sql = "SELECT next_at - now() BETWEEN '55 s' AND '67 s' FROM delivery_email WHERE id = %s"
        assert rows(program.database_url, sql, number) == [(True,)]
        box.recipient = lambda _: None
        rows(program.database_url, "UPDATE delivery_email SET next_at = now() WHERE id = %s", number)
        assert ended(api, number, "Sent")["Tries"] == 2


def test_the_schedule_ends_with_failed(api: httpx.Client, workspace: Workspace, program: Program) -> None:
    with Mailbox(recipient=lambda _: "451 4.3.0 Later") as box:
        box.set(api)
        number = write(workspace)
        for times, pause in enumerate(("1 min", "5 min", "15 min", "1 h", "4 h", "12 h"), 1):
            tried(api, number, times)
            sql = "SELECT (next_at - now()) / %s::interval FROM delivery_email WHERE id = %s"
            sql = sql.replace(
                "(next_at - now()) / %s::interval",
                "extract(epoch FROM next_at - now()) / extract(epoch FROM %s::interval)",
            )
            ((ratio,),) = rows(program.database_url, sql, pause, number)
            assert 0.9 < ratio < 1.11
            rows(program.database_url, "UPDATE delivery_email SET next_at = now() WHERE id = %s", number)
        row = ended(api, number, "Failed")
        assert row["Tries"] == 7


def test_a_server_that_is_away_or_refuses_to_sign_us_in_is_tried_again(
    api: httpx.Client, workspace: Workspace, program: Program
) -> None:
    with Mailbox(password="right") as box:
        box.set(api, Username="kohomai", Password="wrong")
        number = write(workspace)
        row = tried(api, number)
        assert row["Status"] == "Waiting"
        assert row["LastError"].startswith("The server refused to sign us in: 535 ")
        # It waits for long by now; setting the server right sends it at once.
        later = "UPDATE delivery_email SET next_at = now() + interval '1 h' WHERE id = %s"
        rows(program.database_url, later, number)
        box.set(api, Username="kohomai", Password="right")
        assert ended(api, number, "Sent")["Tries"] == 2
    number = write(workspace)
    row = tried(api, number)
    assert row["LastError"] == "The connection was refused."


def test_a_slow_server_does_not_hold_up_other_workspaces(
    api: httpx.Client, other_api: httpx.Client, workspace: Workspace, other_workspace: Workspace
) -> None:
    with Mailbox(recipient=lambda _: "hang") as slow, Mailbox() as quick:
        slow.set(api)
        quick.set(other_api)
        mail.insert(
            mail.render(workspace.id, kind="sign_in_link", to=f"u{n}@corp.example", context=LINK)
            for n in range(100)
        )
        until(lambda: slow.most == 2)
        mail.insert(
            mail.render(other_workspace.id, kind="sign_in_link", to=f"u{n}@corp.example", context=LINK)
            for n in range(40)
        )
        until(lambda: len(quick.taken) == 40, 10)
        assert slow.most == 2


def test_retry_sends_what_was_kept_failed_or_bounced(api: httpx.Client, workspace: Workspace) -> None:
    kept = write(workspace)
    assert api.post(f"emails/{kept}/retry").status_code == 409  # there is no server
    with Mailbox(recipient=lambda _: "550 No") as box:
        box.set(api)
        answer = api.post(f"emails/{kept}/retry")
        assert (answer.status_code, answer.json()["Status"]) == (202, "Waiting")
        ended(api, kept, "Bounced")
        box.recipient = lambda _: None
        told(api.post(f"emails/{kept}/retry"))
        ended(api, kept, "Sent")
        assert api.post(f"emails/{kept}/retry").status_code == 409


def test_taking_the_server_away_keeps_what_waits(api: httpx.Client, workspace: Workspace) -> None:
    with Mailbox(recipient=lambda _: "451 Later") as box:
        box.set(api)
        number = write(workspace)
        tried(api, number)
        assert api.delete("workspace/smtp").status_code == 204
        row = told(api.get(f"emails/{number}"))
        assert (row["Status"], row["NextAt"]) == ("Kept", None)
    assert api.get("workspace/smtp").status_code == 404


def test_events_are_in_the_chain_of_the_lead_or_the_journey(api: httpx.Client, workspace: Workspace) -> None:
    door = open_door(api, {"first": stage(form())})
    lead = door.register()
    journey = lead["Journey"]["Id"]
    with Mailbox(recipient=lambda who: "550 5.1.1 Unknown" if "nobody" in who else None) as box:
        box.set(api)
        numbers = {
            "of the lead": write(workspace, to=lead["Email"], lead_id=lead["Id"]),
            "of the journey": write(
                workspace, to="nobody@corp.example", lead_id=lead["Id"], journey_id=journey
            ),
            "of managers": write(
                workspace,
                kind="loop",
                to="boss@corp.example",
                lead_id=lead["Id"],
                journey_id=journey,
                context={"Items": [{"Journey": journey}], "Count": 1, "More": 0},
            ),
        }
        for number, status in zip(numbers.values(), ("Sent", "Bounced", "Sent"), strict=True):
            ended(api, number, status)
    found = [
        (event["Type"], event["Journey"], event["Data"])
        for event in told(api.get("events?limit=200"))["Items"]
        if event["Type"].startswith("email.")
    ]
    sent = (
        "email.sent",
        None,
        {"Email": {"Id": numbers["of the lead"], "Kind": "sign_in_link"}, "Reason": None},
    )
    reason = "The server refused the recipient: 550 5.1.1 Unknown"
    bounced = (
        "email.bounced",
        {"Id": journey},
        {"Email": {"Id": numbers["of the journey"], "Kind": "sign_in_link"}, "Reason": reason},
    )
    assert sorted(found, key=lambda one: one[0]) == [bounced, sent]
    # The chain goes on: the journey can be completed after it.
    done = door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])
    assert done["Status"] == "Completed"
    assert not re.search("corp", str(found[0][2].get("Email")))
