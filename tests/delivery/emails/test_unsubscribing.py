"""One click unsubscribes (RFC 8058) from what is not necessary; looking at the link changes nothing."""

from __future__ import annotations

import re

import httpx
import pytest

from kohomai.delivery import mail
from kohomai.delivery.emails.kinds import KINDS
from tests.conftest import Workspace
from tests.delivery.emails.mailbox import Mailbox, Taken
from tests.delivery.emails.test_sending import ended, tried
from tests.delivery.support import form, open_door, rows, stage, told
from tests.support.program import Program


def write(workspace: Workspace, kind: str = "reminder", to: str = "john@corp.example", **more: object) -> int:
    """A mail that can be unsubscribed from."""
    made = mail.write(workspace.id, kind=kind, to=to, context=KINDS[kind].names, **more)  # type: ignore[arg-type]
    assert made is not None
    return made


def link_in(api: httpx.Client, number: int) -> str:
    """The link at the foot of a mail."""
    row = told(api.get(f"emails/{number}"))
    found = re.findall(r"http://\S+/u/[\w.-]+", row["Text"])
    assert len(found) == 1
    assert found[0] in row["HTML"]
    return str(found[0])


def status(api: httpx.Client, number: int) -> str:
    """What has become of a mail."""
    return str(told(api.get(f"emails/{number}"))["Status"])


def test_the_headers_are_those_of_rfc_8058(api: httpx.Client, workspace: Workspace) -> None:
    with Mailbox() as box:
        box.set(api)
        number = write(workspace)
        ended(api, number, "Sent")
        (taken,) = box.taken
    message = taken.message
    assert message["List-Unsubscribe"] == f"<{link_in(api, number)}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def one_click(taken: Taken) -> httpx.Response:
    """What a mail program does: no page, no cookie, no redirect followed."""
    url = str(taken.message["List-Unsubscribe"]).strip("<>")
    return httpx.post(url, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)


def test_one_click_suppresses_what_comes_later(
    api: httpx.Client, workspace: Workspace, other_api: httpx.Client, other_workspace: Workspace
) -> None:
    with Mailbox() as box:
        box.set(api)
        ended(api, write(workspace), "Sent")
        assert one_click(box.taken[0]).status_code == 200
        assert status(api, write(workspace, to="JOHN@corp.example")) == "Suppressed"
        assert status(api, write(workspace, kind="activity_waiting")) == "Suppressed"  # of the same category
        # Others, other categories and what is necessary go out; and so does another workspace's.
        ended(api, write(workspace, to="jane@corp.example"), "Sent")
        ended(api, write(workspace, kind="message"), "Sent")
        ended(api, write(workspace, kind="sign_in_link"), "Sent")
        ended(api, write(workspace, kind="reminder", necessary=True), "Sent")
        assert status(other_api, write(other_workspace)) == "Kept"
        answer = api.post(f"emails/{write(workspace)}/retry")
        assert (answer.status_code, "unsubscribed" in answer.text) == (409, True)


def test_a_mail_that_waits_is_not_sent_any_more(
    api: httpx.Client, workspace: Workspace, program: Program
) -> None:
    with Mailbox(recipient=lambda _: "451 Later") as box:
        box.set(api)
        number = write(workspace)
        tried(api, number)
        assert httpx.post(link_in(api, number)).status_code == 200
        box.recipient = lambda _: None
        rows(program.database_url, "UPDATE delivery_email SET next_at = now() WHERE id = %s", number)
        ended(api, number, "Suppressed")
        assert not box.taken


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_page_changes_nothing_until_its_button_is_pressed(
    api: httpx.Client, workspace: Workspace, language: str
) -> None:
    number = write(workspace)
    link = link_in(api, number)
    button = {"en": "Unsubscribe", "de": "Abbestellen", "fr": "Se désabonner"}[language]
    back = {"en": "Undo", "de": "Rückgängig", "fr": "Annuler"}[language]
    with httpx.Client(headers={"Accept-Language": language}) as visitor:
        for _ in range(2):
            assert visitor.head(link).status_code == 200
            page = visitor.get(link)
            assert page.status_code == 200
            assert f'<button class="btn btn-primary">{button}</button>' in page.text
            assert "john" not in page.text
        assert not visitor.cookies
        assert status(api, write(workspace)) == "Kept"
        assert back in visitor.post(link).text
        assert back in visitor.get(link).text
        assert status(api, write(workspace)) == "Suppressed"
        assert button in visitor.post(link, data={"again": "1"}).text
        assert status(api, write(workspace)) == "Kept"


def test_a_token_that_is_not_ours_is_no_token(api: httpx.Client, workspace: Workspace) -> None:
    link = link_in(api, write(workspace))
    head, _, token = link.rpartition("/")
    parts = token.split(".")
    for wrong in (token[:-1], token + "x", ".".join(["1", *parts[1:]]), "x", "%00", "a" * 2000):
        assert httpx.post(f"{head}/{wrong}").status_code == 404
    assert status(api, write(workspace)) == "Kept"


def test_the_list_names_leads_and_answers_for_an_address(
    api: httpx.Client, workspace: Workspace, other_api: httpx.Client
) -> None:
    door = open_door(api, {"first": stage(form())})
    lead = door.register()
    for to, about in (
        (lead["Email"], lead["Id"]),
        ("friend@corp.example", lead["Id"]),
        ("boss@corp.example", None),
    ):
        link = link_in(api, write(workspace, to=to, lead_id=about))
        httpx.post(link)
        httpx.post(link)  # twice is once
    found = told(api.get("emails/unsubscribed"))["Items"]
    assert [(one["Category"], one["Email"], one["Lead"]) for one in found] == [
        ("Reminders", lead["Email"], {"Id": lead["Id"]}),
        ("Reminders", None, {"Id": lead["Id"]}),  # somebody else who was written to about the lead
        ("Reminders", None, None),
    ]
    asked = told(api.get("emails/unsubscribed", params={"Email": "Boss@corp.example"}))["Items"]
    assert [one["Id"] for one in asked] == [found[2]["Id"]]
    assert told(other_api.get("emails/unsubscribed"))["Items"] == []
    assert other_api.delete("emails/unsubscribed?Email=boss@corp.example").status_code == 404
    assert api.delete("emails/unsubscribed?Email=boss@corp.example&Category=Messages").status_code == 404
    assert api.delete("emails/unsubscribed?Email=boss@corp.example").status_code == 204
    assert len(told(api.get("emails/unsubscribed"))["Items"]) == 2
    assert api.delete("emails/unsubscribed").status_code == 422
