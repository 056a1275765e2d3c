"""Signing in without a link at hand: an address, then a link or a code; and signing out."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.support import address
from tests.frontoffice.conftest import new_lead
from tests.frontoffice.visitor import Visitor, form, path_of


@pytest.fixture(autouse=True)
def _no_limits(visitor: Visitor) -> None:
    """Forget what this network did before: all tests come from the same one."""
    from kohomai.sessions.models import RateLimit

    RateLimit.objects.all().delete()


def ask(visitor: Visitor, email: str) -> httpx.Response:
    """Ask for a link; gives the page that takes the code."""
    answer = visitor.send_form(visitor.get("/f/login"), "login", email=email)
    assert answer.status_code == 303, answer.text
    return visitor.follow(answer)


def mail_to(email: str) -> dict[str, str]:
    """The last mail to an address: its code and its link."""
    from kohomai.delivery.emails.sealed import unseal
    from kohomai.delivery.models import Email

    mail = Email.objects.filter(to=email).order_by("-id").first()
    assert mail is not None
    code = re.search(r"\b(\d{6})\b", unseal(mail.text))
    link = re.search(r"https?://\S+autologin\?UUID=[0-9a-f-]{36}", unseal(mail.text))
    assert link
    return {"code": code[1] if code else "", "link": link[0], "kind": mail.kind}


def test_by_the_link_in_the_mail(visitor: Visitor, lead: dict[str, Any]) -> None:
    ask(visitor, lead["Email"].upper())
    mail = mail_to(lead["Email"])
    page = visitor.get(path_of(mail["link"]))
    assert "data-at-once" not in form(page).attributes
    answer = visitor.send_form(page, "autologin")
    assert answer.status_code == 303
    assert "Your needs" in visitor.follow(answer).text


def test_by_the_code(visitor: Visitor, lead: dict[str, Any]) -> None:
    page = ask(visitor, lead["Email"])
    assert 'autocomplete="one-time-code"' in page.text
    code = mail_to(lead["Email"])["code"]
    answer = visitor.send_form(page, "code", code=f" {code[:3]} {code[3:]} ")
    assert answer.status_code == 303
    assert "Your needs" in visitor.follow(answer).text


def test_a_code_is_good_once(visitor: Visitor, visitors: Callable[[], Visitor], lead: dict[str, Any]) -> None:
    page = ask(visitor, lead["Email"])
    code = mail_to(lead["Email"])["code"]
    second = visitors()
    second.cookies.update(visitor.cookies)
    assert visitor.send_form(page, "code", code=code).status_code == 303
    assert second.post("/f/login/code", data={**form(page, "code").fields, "code": code}).status_code == 422


def test_known_and_unknown_get_the_same_answer(visitors: Callable[[], Visitor], lead: dict[str, Any]) -> None:
    known, unknown = visitors(), visitors()
    pages = [ask(known, lead["Email"]), ask(unknown, address())]
    assert len({_without_what_differs(page.text) for page in pages}) == 1
    tries = [
        (visitor.send_form(page, "code", code="000000"), visitor)
        for visitor, page in zip((known, unknown), pages, strict=True)
    ]
    assert [answer.status_code for answer, _ in tries] == [422, 422]
    assert len({_without_what_differs(answer.text) for answer, _ in tries}) == 1


def test_known_and_unknown_take_the_same_time(visitors: Callable[[], Visitor], lead: dict[str, Any]) -> None:
    took = []
    for email in (lead["Email"], address()):
        visitor = visitors()
        page = visitor.get("/f/login")
        began = time.monotonic()
        visitor.send_form(page, "login", email=email)
        took.append(time.monotonic() - began)
    assert min(took) >= 0.25


def test_an_unknown_address_gets_no_mail(visitor: Visitor) -> None:
    from kohomai.delivery.models import Email

    email = address()
    ask(visitor, email)
    assert not Email.objects.filter(to=email).exists()


def test_five_tries_in_all(visitors: Callable[[], Visitor], lead: dict[str, Any]) -> None:
    """A new code, or another browser, brings no new tries; the link works all the same."""
    first, second = visitors(), visitors()
    page = ask(first, lead["Email"])
    right = mail_to(lead["Email"])["code"]
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(3):
        assert first.send_form(page, "code", code=wrong).status_code == 422
    page = ask(second, lead["Email"])
    right = mail_to(lead["Email"])["code"]
    for _ in range(2):
        assert second.send_form(page, "code", code=wrong).status_code == 422
    refused = second.send_form(page, "code", code=right)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    second.enter(mail_to(lead["Email"])["link"])


def test_a_right_code_forgets_the_wrong_ones(visitor: Visitor, lead: dict[str, Any]) -> None:
    page = ask(visitor, lead["Email"])
    for _ in range(4):
        visitor.send_form(page, "code", code="12")
    assert visitor.send_form(page, "code", code=mail_to(lead["Email"])["code"]).status_code == 303
    from kohomai.sessions.models import SignInCode

    assert all(row.tries == 0 for row in SignInCode.objects.filter(lead_id=lead["Id"]))


def test_limits_for_an_address_and_for_a_network(
    visitors: Callable[[], Visitor], lead: dict[str, Any]
) -> None:
    for email in (lead["Email"], address()):
        statuses = []
        for _ in range(4):
            visitor = visitors()
            statuses.append(visitor.send_form(visitor.get("/f/login"), "login", email=email).status_code)
        assert statuses == [303, 303, 303, 429]
    visitor = visitors()
    for _ in range(12):
        visitor.send_form(visitor.get("/f/login"), "login", email=address())
    assert visitor.send_form(visitor.get("/f/login"), "login", email=address()).status_code == 429


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 400 + "@a.example", "a@a.example\x00"])
def test_what_is_no_address_is_refused_at_its_field(visitor: Visitor, email: str) -> None:
    answer = visitor.send_form(visitor.get("/f/login"), "login", email=email)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_each_workspace_that_knows_the_address_sends_its_own(
    visitors: Callable[[], Visitor], program: Any, api: httpx.Client, lead: dict[str, Any]
) -> None:
    from kohomai.delivery.emails.sealed import unseal
    from kohomai.delivery.models import Email
    from tests.api.support import make_funnel
    from tests.conftest import client_for, make_workspace

    with client_for(program, make_workspace().key) as other_api:
        other = new_lead(other_api, make_funnel(other_api), Email=lead["Email"])
    page = ask(visitor := visitors(), lead["Email"])
    mails = list(Email.objects.filter(to=lead["Email"], kind="sign_in_link"))
    assert len({mail.workspace_id for mail in mails}) == 2
    mine = next(mail for mail in mails if mail.lead_id == other["Id"])
    code = re.search(r"\b(\d{6})\b", unseal(mine.text))
    assert code
    answer = visitor.send_form(page, "code", code=code[1])
    assert visitor.follow(answer).request.url.path == f"/f/journeys/{other['Journey']['Id']}"
    assert visitor.get(f"/f/journeys/{lead['Journey']['Id']}").status_code == 404


def test_a_fresh_link_goes_to_the_links_own_address(
    visitors: Callable[[], Visitor], lead: dict[str, Any]
) -> None:
    visitors().enter(lead["ConnectionURL"])
    stranger = visitors()
    page = stranger.send_form(stranger.get(path_of(lead["ConnectionURL"])), "again")
    assert page.status_code == 303
    asked = stranger.follow(page)
    assert lead["Email"] not in asked.text
    assert lead["Email"] not in str(dict(stranger.cookies))
    mail = mail_to(lead["Email"])
    answer = stranger.send_form(asked, "code", code=mail["code"])
    assert answer.status_code == 303
    assert stranger.follow(answer).status_code == 200
    # The fresh link keeps what the old one was for.
    visitors().enter(mail["link"])


def test_after_signing_in_one_comes_back(visitor: Visitor, lead: dict[str, Any]) -> None:
    there = f"/f/journeys/{lead['Journey']['Id']}"
    login = visitor.get(visitor.get(there).headers["location"])
    page = visitor.follow(visitor.send_form(login, "login", email=lead["Email"]))
    answer = visitor.send_form(page, "code", code=mail_to(lead["Email"])["code"])
    assert answer.headers["location"] == there


@pytest.mark.parametrize(
    "there", ["//evil.example", "https://evil.example/f/", "/api/v1/leads", "/f/\\evil", "/f/../p/"]
)
def test_one_is_led_nowhere_else(visitor: Visitor, lead: dict[str, Any], there: str) -> None:
    page = visitor.get("/f/login", params={"next": there})
    assert "next" not in form(page, "login").fields
    page = visitor.follow(visitor.send_form(page, "login", email=lead["Email"], next=there))
    answer = visitor.send_form(page, "code", code=mail_to(lead["Email"])["code"], next=there)
    assert answer.headers["location"] == "/f/"


def test_signing_out(visitor: Visitor, visitors: Callable[[], Visitor], lead: dict[str, Any]) -> None:
    page = visitor.enter(lead["ConnectionURL"])
    cookie = visitor.cookies["kohomai_front"]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    answer = visitor.post("/f/logout", data={"csrfmiddlewaretoken": token[1]})
    assert answer.status_code == 200
    assert "You are signed out" in answer.text
    assert "kohomai_front" not in visitor.cookies
    thief = visitors()
    thief.cookies.set("kohomai_front", cookie)
    assert thief.get("/f/").headers["location"] == "/f/login"
    assert visitor.get("/f/logout").status_code == 405


@pytest.mark.parametrize(
    "cookie", ["x", secrets.token_urlsafe(32), "a" * 5000, '"'], ids=["short", "like ours", "long", "quote"]
)
def test_a_made_up_cookie_is_nobody(visitor: Visitor, cookie: str) -> None:
    answer = visitor.get("/f/", headers={"Cookie": f"kohomai_front={cookie}"})
    assert answer.status_code == 303


def _without_what_differs(text: str) -> str:
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    return re.sub(r"[0-9a-f]{16}@acme\.example", "", text)
