"""The way in by a link: /internal/v1/autologin."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.frontoffice.visitor import Visitor, form, path_of
from tests.support.program import Program


def test_the_address_is_built_from_the_public_base(lead: dict[str, Any], program: Program) -> None:
    assert lead["ConnectionURL"] == f"{program.base_url}/internal/v1/autologin?UUID={lead['UUID']}"


def test_a_plain_form_signs_in(visitor: Visitor, lead: dict[str, Any]) -> None:
    page = visitor.get(path_of(lead["ConnectionURL"]))
    assert page.status_code == 200
    # As programs read it: name before value, in double quotes, action a path.
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', page.text))
    assert set(found) == {"csrfmiddlewaretoken", "UUID"}
    assert form(page).action == "/internal/v1/autologin"
    answer = visitor.post("/internal/v1/autologin", data=found)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/f/journeys/{lead['Journey']['Id']}"
    assert "Your needs" in visitor.follow(answer).text


def test_the_page_submits_itself(visitor: Visitor, lead: dict[str, Any]) -> None:
    assert "data-at-once" in form(visitor.get(path_of(lead["ConnectionURL"]))).attributes


def test_looking_uses_nothing_up(
    visitor: Visitor, visitors: Callable[[], Visitor], lead: dict[str, Any]
) -> None:
    url = path_of(lead["ConnectionURL"])
    for _ in range(3):
        scanner = visitors()
        assert len(scanner.get(url).headers.get_list("set-cookie")) <= 1
        head = scanner.head(url)
        assert head.status_code == 200
        assert head.content == b""
        assert "kohomai_front" not in scanner.cookies
    visitor.enter(lead["ConnectionURL"])


def test_it_is_good_once(visitor: Visitor, visitors: Callable[[], Visitor], lead: dict[str, Any]) -> None:
    page = visitor.get(path_of(lead["ConnectionURL"]))
    visitor.enter(lead["ConnectionURL"])
    other = visitors()
    assert other.get(path_of(lead["ConnectionURL"])).status_code == 410
    again = visitor.post("/internal/v1/autologin", data=form(page).fields)
    assert again.status_code == 410
    assert "kohomai_front" not in other.cookies


def test_of_many_at_once_one_gets_in(visitors: Callable[[], Visitor], lead: dict[str, Any]) -> None:
    ready = []
    for _ in range(8):
        visitor = visitors()
        ready.append((visitor, form(visitor.get(path_of(lead["ConnectionURL"])))))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: one[0].post(one[1].action, data=one[1].fields), ready))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 7


def test_a_new_link_leaves_older_ones_valid(
    api: httpx.Client, visitor: Visitor, visitors: Callable[[], Visitor], lead: dict[str, Any]
) -> None:
    newer = api.post("sessions", json={"Journey": {"Id": lead["Journey"]["Id"]}}).json()
    visitor.enter(lead["ConnectionURL"])
    visitors().enter(newer["ConnectionURL"])


def test_an_expired_one_offers_a_fresh_one(visitor: Visitor, lead: dict[str, Any]) -> None:
    _expire(lead["UUID"])
    page = visitor.get(path_of(lead["ConnectionURL"]))
    assert page.status_code == 410
    assert "This link has expired" in page.text
    assert lead["Email"] not in page.text
    assert form(page).action == "/f/login/again"


def test_posting_an_expired_one_is_gone(visitor: Visitor, lead: dict[str, Any]) -> None:
    page = visitor.get(path_of(lead["ConnectionURL"]))
    _expire(lead["UUID"])
    assert visitor.send_form(page, "autologin").status_code == 410


def test_it_lives_five_minutes(lead: dict[str, Any]) -> None:
    from kohomai.sessions.models import Link

    link = Link.objects.order_by("-id").filter(lead_id=lead["Id"]).first()
    assert link is not None
    assert (link.valid_until - link.created_at).total_seconds() == 300
    assert lead["UUID"].encode() not in bytes(link.digest)


@pytest.mark.parametrize("uuid", ["", "x", "00000000-0000-4000-8000-000000000000", "'\"><script>", "\x00"])
def test_one_that_never_was_is_not_found(visitor: Visitor, uuid: str) -> None:
    page = visitor.get("/internal/v1/autologin", params={"UUID": uuid})
    assert page.status_code == 404
    assert "We do not know this link" in page.text


def test_other_methods_are_not_for_it(visitor: Visitor) -> None:
    answer = visitor.put("/internal/v1/autologin")
    assert answer.status_code in (403, 405)
    assert visitor.request("OPTIONS", "/internal/v1/autologin").headers["allow"] == "GET, HEAD, POST"


def test_without_its_token_the_form_is_refused(visitor: Visitor, lead: dict[str, Any]) -> None:
    assert visitor.post("/internal/v1/autologin", data={"UUID": lead["UUID"]}).status_code == 403
    visitor.enter(lead["ConnectionURL"])


def test_headers(visitor: Visitor, lead: dict[str, Any]) -> None:
    page = visitor.get(path_of(lead["ConnectionURL"]))
    assert page.headers["referrer-policy"] == "same-origin"
    assert "no-store" in page.headers["cache-control"]
    policy = page.headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "unsafe-inline" not in policy
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)", page.text)


def test_the_cookie_is_made_anew(api: httpx.Client, visitor: Visitor, lead: dict[str, Any]) -> None:
    answer = visitor.send_form(visitor.get(path_of(lead["ConnectionURL"])), "autologin")
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith("kohomai_front=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=604800" in cookie
    first = visitor.cookies["kohomai_front"]
    newer = api.post("sessions", json={"User": {"Id": lead["Id"]}}).json()
    visitor.enter(newer["ConnectionURL"])
    assert visitor.cookies["kohomai_front"] != first
    # The one before has ended with that.
    before = Visitor(str(visitor.base_url))
    before.cookies.set("kohomai_front", first)
    assert before.get("/f/").headers["location"] == "/f/login"
    before.close()


def test_somebody_else_is_not_signed_out_by_a_script(
    api: httpx.Client, visitor: Visitor, lead: dict[str, Any], funnel: Any
) -> None:
    from tests.api.support import address, register

    visitor.enter(lead["ConnectionURL"])
    other = register(api, funnel, Email=address())
    page = visitor.get(path_of(other["ConnectionURL"]))
    assert "data-at-once" not in form(page, "autologin").attributes
    assert "Somebody else is signed in" in page.text
    # The same person coming again is not somebody else.
    again = api.post("sessions", json={"User": {"Id": lead["Id"]}}).json()
    assert "data-at-once" in form(visitor.get(path_of(again["ConnectionURL"])), "autologin").attributes


def test_it_is_told(visitor: Visitor, lead: dict[str, Any]) -> None:
    from kohomai.journeys.models import Event

    told = Event.objects.filter(lead_id=lead["Id"], type="session.opened")
    assert told.count() == 0
    visitor.enter(lead["ConnectionURL"])
    assert [event.payload for event in told] == [
        {"Journey": lead["Journey"]["Id"], "Verified": True, "Mailed": False}
    ]


def _expire(uuid: str) -> None:
    from datetime import timedelta

    from kohomai.sessions.links import digest_of
    from kohomai.sessions.models import Link
    from kohomai.sessions.sign_in import utc_now

    changed = Link.objects.filter(digest=digest_of(uuid)).update(valid_until=utc_now() - timedelta(seconds=1))
    assert changed == 1
