"""What began from a publishable key sees only what was entered in it, and ends when the address is proven."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.support import address, definition, make_funnel
from tests.frontoffice.visitor import Visitor, form, path_of
from tests.support.program import Program

WEB = "https://www.myapp.com"


@pytest.fixture(scope="module")
def asking(api: httpx.Client) -> Any:
    """A funnel whose form asks for names and phone too."""
    document = definition()
    points = [{"DataPoint": name} for name in ("Budget", "Start date", "Firstname", "Phone", "My datapoint")]
    document["Nodes"]["business"]["Activities"][0]["Settings"]["Fields"] = points
    return make_funnel(api, document)


@pytest.fixture
def from_page(api: httpx.Client, program: Program, asking: Any) -> Callable[..., httpx.Response]:
    """Registers a lead from a page, by a publishable key."""
    key = {"Name": "Page", "Kind": "Publishable", "Origins": [asking.ref], "WebOrigins": [WEB]}
    made = api.post("api-keys", json=key)
    assert made.status_code == 201, made.text

    def register(**body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {made.json()['Key']}", "Origin": WEB}
        return httpx.post(f"{program.base_url}/api/v1/leads?ref={asking.ref}", json=body, headers=headers)

    return register


def test_it_sees_only_what_was_entered_in_it(
    api: httpx.Client, visitor: Visitor, from_page: Callable[..., httpx.Response]
) -> None:
    email = address()
    answer = from_page(
        Email=email, Firstname="Adaeze", JourneyData=[{"Name": "My datapoint", "Value": "typed"}]
    )
    assert answer.status_code == 201, answer.text
    lead = answer.json()
    # Somebody adds to it afterwards: that is not the page's to see.
    later = {"PhoneNumber": "+41 44 668 18 00"}
    assert api.patch(f"leads/{lead['Id']}", json=later).status_code == 200
    journey = next(
        each for each in api.get("journeys?limit=200").json()["Items"] if each["Lead"]["Id"] == lead["Id"]
    )
    data = {"Data": [{"Name": "Budget", "Value": "777 EUR"}]}
    assert api.post(f"journeys/{journey['Id']}/data", json=data).status_code in (200, 201)
    page = visitor.enter(lead["ConnectionURL"])
    assert "Adaeze" in page.text
    assert email not in page.text
    step = visitor.step(page, "Your needs")
    assert 'value="Adaeze"' in step.text
    assert "typed" in step.text
    assert "777" not in step.text
    assert "6681800" not in step.text.replace(" ", "")
    # What is sent back empty, not having been shown, is not forgotten.
    assert visitor.send_form(step).status_code == 303
    kept = {each["Name"]: each["Value"] for each in api.get(f"journeys/{journey['Id']}").json()["Data"]}
    assert kept["Budget"] == {"Amount": 777, "Currency": "EUR"}
    assert kept["Phone"] == "+41446681800"


def test_it_sees_no_other_journey(
    api: httpx.Client, visitor: Visitor, funnel: Any, from_page: Callable[..., httpx.Response]
) -> None:
    lead = from_page(Email=address()).json()
    email = api.get(f"leads/{lead['Id']}").json()["Email"]
    other = api.post(f"leads?ref={funnel.ref}", json={"Email": email}).json()
    page = visitor.enter(lead["ConnectionURL"])
    assert page.status_code == 200
    assert visitor.get(f"/f/journeys/{other['Journey']['Id']}").status_code == 404
    assert str(page.request.url.path) == visitor.get("/f/?all=1").headers["location"]


def test_it_ends_when_the_address_is_proven(
    visitors: Callable[[], Visitor], from_page: Callable[..., httpx.Response]
) -> None:
    from kohomai.delivery.emails.sealed import unseal
    from kohomai.delivery.models import Email
    from kohomai.leads.models import Lead
    from kohomai.sessions.models import RateLimit

    RateLimit.objects.all().delete()
    email = address()
    lead = from_page(Email=email).json()
    unverified = visitors()
    path = unverified.enter(lead["ConnectionURL"]).request.url.path
    owner = visitors()
    owner.send_form(owner.get("/f/login"), "login", email=email)
    assert unverified.get(path).status_code == 200
    mail = Email.objects.filter(to=email, kind="sign_in_link").get()
    link = re.search(r"https?://\S+autologin\?UUID=[0-9a-f-]{36}", unseal(mail.text))
    assert link
    owner.enter(link[0])
    assert unverified.get(path).status_code == 303
    assert owner.get(path).status_code == 200
    assert Lead.objects.get(id=lead["Id"]).verified_at is not None


def test_what_is_sent_for_a_known_address_waits_for_its_owner(
    api: httpx.Client, visitors: Callable[[], Visitor], from_page: Callable[..., httpx.Response], funnel: Any
) -> None:
    email = address()
    known = api.post(f"leads?ref={funnel.ref}", json={"Email": email, "Firstname": "Ada"}).json()
    answer = from_page(
        Email=email, Firstname="Eve", JourneyData=[{"Name": "My datapoint", "Value": "<b>hers</b>"}]
    )
    assert answer.status_code == 201
    assert (answer.json()["Id"], answer.json()["ConnectionURL"]) == (None, None)
    link = _link_in_mail(api, email)
    scanner = visitors()
    for _ in range(2):
        page = scanner.get(path_of(link))
        assert page.status_code == 200
        assert "&lt;b&gt;hers&lt;/b&gt;" in page.text
        assert "Eve" in page.text
        assert "data-at-once" not in form(page, "autologin").attributes
    assert api.get(f"leads/{known['Id']}").json()["Firstname"] == "Ada"
    owner = visitors()
    answer = owner.send_form(owner.get(path_of(link)), "autologin")
    assert answer.status_code == 303
    assert owner.follow(answer).status_code == 200
    assert api.get(f"leads/{known['Id']}").json()["Firstname"] == "Eve"
    journeys = [
        each for each in api.get("journeys?limit=200").json()["Items"] if each["Lead"]["Id"] == known["Id"]
    ]
    assert len(journeys) == 2
    assert scanner.get(path_of(link)).status_code == 410


def test_its_owner_may_say_no(
    api: httpx.Client, visitors: Callable[[], Visitor], from_page: Callable[..., httpx.Response], funnel: Any
) -> None:
    email = address()
    known = api.post(f"leads?ref={funnel.ref}", json={"Email": email, "Firstname": "Ada"}).json()
    from_page(Email=email, Firstname="Eve")
    link = _link_in_mail(api, email)
    owner = visitors()
    answer = owner.send_form(owner.get(path_of(link)), "autologin", without="1")
    assert answer.status_code == 303
    assert api.get(f"leads/{known['Id']}").json()["Firstname"] == "Ada"
    from kohomai.sessions.models import HeldData

    assert HeldData.objects.get(lead_id=known["Id"]).body is None


def _link_in_mail(api: httpx.Client, email: str) -> str:
    end = time.monotonic() + 15
    while time.monotonic() < end:
        mails = api.get("emails", params={"To": email, "Kind": "confirm_data"}).json()["Items"]
        for mail in mails:
            found = re.search(r"https?://\S+autologin\?UUID=[0-9a-f-]{36}", mail["Text"])
            if found:
                return found[0]
        time.sleep(0.2)
    raise AssertionError("no mail came")
