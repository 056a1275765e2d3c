"""What is refused: each fault by its place, all at once, and nothing stored."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.funnels import Funnel, address, faults, form_funnel, make_origin


def count(api: httpx.Client) -> tuple[int, int]:
    """How many leads and journeys there are."""
    return tuple(len(api.get(path, params={"limit": 200}).json()["Items"]) for path in ("leads", "journeys"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("Email", None, "Required"),
        ("Email", "", "Required"),
        ("Email", 7, "WrongType"),
        ("Email", "nobody", "WrongValue"),
        ("Email", "a@b@c.example", "WrongValue"),
        ("Email", "John <john@company.example>", "WrongValue"),
        ("Email", " john@company.example", "WrongValue"),
        ("Email", "a" * 250 + "@company.example", "WrongValue"),
        ("Firstname", 7, "WrongValue"),
        ("Firstname", "x" * 201, "WrongValue"),
        ("Lastname", "bell \u0007", "WrongValue"),
        ("PhoneNumber", 18005550175, "WrongValue"),
        ("PhoneNumber", "+1 800 555", "WrongValue"),
        ("PhoneNumber", "call me", "WrongValue"),
        ("PhoneNumber", "+1 800 555 0175\u0001", "WrongValue"),
        ("PhoneNumber", "+999 1234567", "WrongValue"),
        ("RedirectURL", "javascript:alert(1)", "Unsafe"),
        ("RedirectURL", 7, "WrongType"),
        ("WebhookInput", "https://www.myapp.com/hook", "WrongType"),
        ("Attribution", "news", "WrongType"),
        ("Test", "yes", "WrongType"),
        ("Owner", "x", "UnknownField"),
        ("email", "x", "UnknownField"),
        ("a/b~c", "x", "UnknownField"),
    ],
)
def test_each_field_is_judged(funnel: Funnel, field: str, value: Any, code: str) -> None:
    body = {"Email": address(), field: value}

    assert faults(funnel.post(body)) == {"/" + field.replace("~", "~0").replace("/", "~1"): code}


def test_a_missing_email_is_named_as_if_it_were_there(funnel: Funnel) -> None:
    assert faults(funnel.post({})) == {"/Email": "Required"}


@pytest.mark.parametrize("body", [[], "x", 7, False])
def test_the_body_must_be_an_object(funnel: Funnel, body: Any) -> None:
    assert faults(funnel.post(body)) == {"": "WrongType"}


def test_every_fault_is_named_at_once_and_nothing_is_stored(funnel: Funnel) -> None:
    before = count(funnel.api)
    answer = funnel.post(
        {
            "Email": "nobody",
            "Firstname": "x" * 201,
            "PhoneNumber": "123",
            "RedirectURL": "ftp://www.myapp.com",
            "JourneyData": [{"Name": "Nope", "Value": 1}, {"Name": "Company size", "Value": "large"}],
            "WebhookInput": {"URL": "http://localhost:9/hook", "Events": ["lead.loved"]},
            "Attribution": {"UTMSauce": "x"},
            "Test": "yes",
        }
    )

    found = faults(answer)
    assert set(found) >= {
        "/Email",
        "/Firstname",
        "/PhoneNumber",
        "/RedirectURL",
        "/JourneyData/0/Name",
        "/JourneyData/1/Value",
        "/WebhookInput/Events/0",
        "/Attribution/UTMSauce",
        "/Test",
    }
    problem = answer.json()
    assert problem["status"] == 422
    assert problem["instance"] == "/api/v1/leads"
    assert all(item["detail"] for item in problem["errors"])
    assert count(funnel.api) == before


def test_a_fault_of_an_existing_lead_changes_nothing(funnel: Funnel) -> None:
    lead = funnel.register(Firstname="John")
    body = {"Email": lead["Email"], "Firstname": "Jane", "JourneyData": [{"Name": "Nope", "Value": 1}]}

    assert funnel.post(body).status_code == 422
    assert funnel.register(lead["Email"])["Firstname"] == "John"


# --- where to -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [{}, {"ref": "x", "funnel": "1"}])
def test_neither_ref_nor_funnel_or_both(funnel: Funnel, query: dict) -> None:
    answer = funnel.api.post("leads", params=query, json={"Email": address()})

    assert list(faults(answer)) == ["ref"]


@pytest.mark.parametrize("ref", ["", "nosuchref", "' OR 1=1 --", "x" * 500, "\u0000"])
def test_an_unknown_reference_is_404(funnel: Funnel, ref: str) -> None:
    answer = funnel.api.post("leads", params={"ref": ref}, json={"Email": address()})

    assert answer.status_code in (404, 422)
    assert answer.status_code == 404 or ref in ("", "\u0000")


@pytest.mark.parametrize("funnel_id", ["999999999", "x", "-1", "9" * 30])
def test_an_unknown_funnel_is_404(funnel: Funnel, funnel_id: str) -> None:
    answer = funnel.api.post("leads", params={"funnel": funnel_id}, json={"Email": address()})

    assert answer.status_code == 404


def test_a_closed_reference_is_404(funnel: Funnel) -> None:
    origin = make_origin(funnel.api, funnel.id)
    closed = funnel.api.patch(f"funnels/{funnel.id}/origins/{origin['Id']}", json={"Closed": True})
    assert closed.status_code == 200

    answer = funnel.api.post("leads", params={"ref": origin["Ref"]}, json={"Email": address()})
    assert answer.status_code == 404


def test_an_archived_funnel_is_404(api: httpx.Client, funnel: Funnel) -> None:
    archived = form_funnel(api)
    assert api.patch(f"funnels/{archived.id}", json={"Archived": True}).status_code == 200

    assert archived.post({"Email": address()}).status_code == 404


def test_a_funnel_that_was_never_published_is_409(api: httpx.Client, funnel: Funnel) -> None:
    made = api.post("funnels", json={"Name": "Draft only"}).json()
    answer = api.post("leads", params={"funnel": made["Id"]}, json={"Email": address()})

    assert answer.status_code == 409
    assert "published" in answer.json()["detail"]


# --- who ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer kh_live_nothing", "Basic YTpi", "kh_live_x"])
def test_no_key_or_a_wrong_one_is_401(program: Any, funnel: Funnel, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    url = f"{program.base_url}/api/v1/leads"
    answer = httpx.post(url, params={"ref": funnel.ref}, json={"Email": address()}, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_of_another_workspace_finds_nothing(funnel: Funnel, other_api: httpx.Client) -> None:
    for query in ({"ref": funnel.ref}, {"funnel": funnel.id}):
        assert other_api.post("leads", params=query, json={"Email": address()}).status_code == 404


# --- bodies that are no JSON of ours ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 400),
        ("{", 400),
        ("{'Email': 1}", 400),
        ('{"Email": "a@b.example", "Email": "c@d.example"}', 400),
        ('{"Email": NaN}', 400),
        ('{"Email": "a@b.example", "Test": ' + "[" * 40 + "]" * 40 + "}", 400),
        ('{"Email": "a@b.example", "Test": 1' + "0" * 400 + "}", 400),
        ('{"Email": "a@b.example", "Firstname": "\\u0000"}', 422),
        ('{"Email": "a@b.example", "Firstname": "\\ud800"}', 422),
        (b"\xff\xfe", 400),
    ],
)
def test_a_body_that_means_nothing_is_refused(funnel: Funnel, text: str | bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = funnel.api.post("leads", params={"ref": funnel.ref}, content=text, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_over_a_mebibyte_is_413(funnel: Funnel) -> None:
    assert funnel.post({"Email": address(), "Firstname": "x" * 1_100_000}).status_code == 413


def test_a_body_that_is_said_to_be_no_json_is_415(funnel: Funnel) -> None:
    answer = funnel.api.post("leads", params={"ref": funnel.ref}, data={"Email": address()})

    assert answer.status_code == 415


def test_a_query_of_a_thousand_and_more_names_no_origin(funnel: Funnel) -> None:
    query = {f"a{number}": "1" for number in range(1500)}
    answer = funnel.api.post("leads", params={"ref": funnel.ref, **query}, json={"Email": address()})

    assert list(faults(answer)) == ["ref"]
