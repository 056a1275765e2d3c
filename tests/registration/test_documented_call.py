"""``POST /api/v1/leads?ref=``, as the documentation shows it, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import client_for, make_workspace
from tests.support.funnels import Funnel, data, form_funnel, get_journey, make_point, statuses
from tests.support.program import Program

BODY = """{
 "Email": "johndoe@gmail.com",
 "Firstname": "John", "Lastname": "Doe",
 "PhoneNumber": "+1 (800) 555\u20110175",
 "RedirectURL": "https://www.myapp.com",
 "JourneyData": [{"Name": "My datapoint", "Value": "example"}],
 "WebhookInput": {"URL": "https://www.myapp.com/hook", "Events": ["journey.completed"]}
}"""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def funnel(program: Program) -> Iterator[Funnel]:
    """A funnel in a workspace that has no lead yet."""
    with client_for(program, make_workspace().key) as api:
        make_point(api, "My datapoint")
        yield form_funnel(api)


def send(funnel: Funnel, body: str = BODY) -> httpx.Response:
    """Send the text as it stands."""
    headers = {"Content-Type": "application/json"}
    return funnel.api.post("leads", params={"ref": funnel.ref}, content=body.encode(), headers=headers)


def test_the_example_creates_the_lead(funnel: Funnel) -> None:
    answer = send(funnel)

    assert answer.status_code == 201
    lead = answer.json()
    assert isinstance(lead["Id"], int)
    assert 0 < lead["Id"] < 2**53
    assert lead["Email"] == "johndoe@gmail.com"
    assert (lead["Firstname"], lead["Lastname"]) == ("John", "Doe")
    assert lead["Result"] == "Created"
    assert MOMENT.fullmatch(lead["createdDate"])
    assert lead["changedDate"] == lead["createdDate"]


def test_the_phone_is_given_back_as_e164_and_as_typed(funnel: Funnel) -> None:
    lead = send(funnel).json()

    assert lead["PhoneNumber"] == "+18005550175"
    assert lead["PhoneNumberOriginal"] == "+1 (800) 555\u20110175"


def test_a_phone_that_was_garbled_on_the_way_is_mended(funnel: Funnel) -> None:
    garbled = "+1 (800) 555\u00e2\u20ac\u20180175"
    lead = send(funnel, BODY.replace("+1 (800) 555\u20110175", garbled)).json()

    assert lead["PhoneNumber"] == "+18005550175"
    assert lead["PhoneNumberOriginal"] == garbled


def test_only_phones_are_mended(funnel: Funnel) -> None:
    lead = funnel.register(Firstname="JosÃ©", JourneyData=[{"Name": "My datapoint", "Value": "555â€‘0175"}])

    assert lead["Firstname"] == "JosÃ©"
    assert data(lead["Journey"])["My datapoint"] == "555â€‘0175"


def test_the_answer_holds_a_session(funnel: Funnel, program: Program) -> None:
    lead = send(funnel).json()

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lead["UUID"])
    assert lead["ConnectionURL"] == f"{program.base_url}/internal/v1/autologin?UUID={lead['UUID']}"
    assert MOMENT.fullmatch(lead["ValidUntil"])
    assert lead["ValidUntil"] > lead["createdDate"]
    assert lead["RedirectURL"] == "https://www.myapp.com"


def test_the_answer_holds_the_journey_as_it_can_be_read(funnel: Funnel) -> None:
    lead = send(funnel).json()

    journey = lead["Journey"]
    assert journey == get_journey(funnel.api, journey["Id"])
    assert journey["Status"] == "InProgress"
    assert journey["Lead"] == {"Id": lead["Id"], "Email": "johndoe@gmail.com"}
    assert journey["Funnel"] == {"Id": funnel.id, "Version": 1}
    assert journey["Node"] == {"Key": "ask", "Name": "Ask"}
    assert statuses(journey) == {"needs": "InProgress"}
    assert data(journey)["My datapoint"] == "example"


def test_the_lead_can_be_read_again(funnel: Funnel) -> None:
    lead = send(funnel).json()

    found = funnel.api.get(f"leads/{lead['Id']}").json()
    for field in (
        "Id",
        "Email",
        "Firstname",
        "Lastname",
        "PhoneNumber",
        "PhoneNumberOriginal",
        "createdDate",
    ):
        assert found[field] == lead[field]


def test_the_same_again_is_200_and_existing(funnel: Funnel) -> None:
    first = send(funnel).json()
    answer = send(funnel)

    assert answer.status_code == 200
    again = answer.json()
    assert again["Result"] == "Existing"
    assert again["Id"] == first["Id"]
    assert again["Journey"] == first["Journey"]
    assert again["UUID"] != first["UUID"]


def test_a_secret_key_may_name_the_funnel_instead(funnel: Funnel) -> None:
    answer = funnel.api.post("leads", params={"funnel": funnel.id}, json={"Email": "a@company.example"})

    assert answer.status_code == 201
    assert data(answer.json()["Journey"])["Origin"] == "API"
    assert answer.json()["Journey"]["Funnel"]["Id"] == funnel.id


def test_only_the_email_is_required(funnel: Funnel) -> None:
    lead = funnel.register("only@company.example")

    for field in ("Firstname", "Lastname", "PhoneNumber", "PhoneNumberOriginal", "RedirectURL"):
        assert lead[field] is None


@pytest.mark.parametrize(
    "email", ["Jo.Hn+tag@Company.Example", "jürgen@bücher.example", "o'neil@a-b.example"]
)
def test_an_address_is_given_back_exactly_as_sent(funnel: Funnel, email: str) -> None:
    assert funnel.register(email)["Email"] == email


def test_a_phone_without_a_country_code_is_of_the_workspaces_default_country(funnel: Funnel) -> None:
    assert funnel.register(PhoneNumber="(800) 555-0175")["PhoneNumber"] == "+18005550175"
