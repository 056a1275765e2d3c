"""``/emails``: the built-in outbox, where every mail is read that was written or would have been sent."""

from __future__ import annotations

import time

import httpx

from tests.api.support import Funnel, address, assert_problem, register
from tests.api.test_keys import PAGE, publishable
from tests.conftest import client_for
from tests.support.program import Program


def test_a_link_mail_for_a_known_address_is_listed(
    api: httpx.Client, program: Program, funnel: Funnel
) -> None:
    known = register(api, funnel, Email=address())
    with client_for(program, publishable(api, funnel)) as page:
        page.headers["Origin"] = PAGE
        assert page.post(f"leads?ref={funnel.ref}", json={"Email": known["Email"]}).status_code == 201
    mails: list[dict[str, object]] = []
    end = time.monotonic() + 20
    while not mails and time.monotonic() < end:
        time.sleep(0.2)
        mails = api.get("emails", params={"To": known["Email"].upper()}).json()["Items"]
    assert [(mail["To"], mail["Lead"]) for mail in mails] == [(known["Email"], {"Id": known["Id"]})]
    assert program.base_url in str(mails[0]["Text"])
    assert api.get(f"emails/{mails[0]['Id']}").json() == mails[0]
    assert_problem(api.get(f"emails/{2**50}"), 404)


def test_filters_and_pages(api: httpx.Client) -> None:
    assert api.get("emails?Kind=none&Status=none&Lead=1&limit=1").json() == {"Items": [], "Next": None}
