"""A stakeholder does what falls to them, and sees nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.support import address, definition, make_funnel
from tests.frontoffice.conftest import new_lead
from tests.frontoffice.visitor import Visitor, labelled


@pytest.fixture
def signatory() -> str:
    """The stakeholder's address."""
    return address("customer.example")


@pytest.fixture
def lead(api: httpx.Client, signatory: str) -> dict[str, Any]:
    """A lead in whose journey something falls to the stakeholder."""
    document = definition()
    activities = document["Nodes"]["business"]["Activities"]
    activities.append(
        {
            "Key": "approve",
            "Type": "Approval",
            "Name": "Approve the budget",
            "Assignee": {"Kind": "Stakeholder", "Email": signatory},
            "Settings": {"Question": "May they spend it?"},
        }
    )
    return new_lead(api, make_funnel(api, document))


@pytest.fixture
def stakeholder(visitors: Callable[[], Visitor], lead: dict[str, Any], signatory: str) -> httpx.Response:
    """The stakeholder's first page after signing in by the mailed link; ``lead`` is there before."""
    from kohomai.delivery.emails.sealed import unseal
    from kohomai.delivery.models import Email
    from kohomai.sessions.models import RateLimit

    RateLimit.objects.all().delete()
    visitor = visitors()
    visitor.send_form(visitor.get("/f/login"), "login", email=signatory.upper())
    mail = Email.objects.get(to__iexact=signatory, kind="sign_in_link")
    link = re.search(r"https?://\S+autologin\?UUID=[0-9a-f-]{36}", unseal(mail.text))
    assert link
    page = visitor.enter(link[0])
    page.extensions["visitor"] = visitor
    return page


def test_they_do_what_is_theirs(api: httpx.Client, lead: dict[str, Any], stakeholder: httpx.Response) -> None:
    visitor: Visitor = stakeholder.extensions["visitor"]
    assert "Approve the budget" in stakeholder.text
    assert "Your needs" not in stakeholder.text
    assert "Adaeze" not in stakeholder.text
    step = visitor.step(stakeholder, "Approve the budget")
    assert "May they spend it?" in step.text
    assert visitor.send_form(step).status_code == 422
    answer = visitor.send_form(step, approved="no", comment="Too much.")
    assert answer.status_code == 303
    # The lead's own way on is not the stakeholder's.
    assert "myapp.com" not in visitor.follow(answer).text
    activities = api.get(f"journeys/{lead['Journey']['Id']}").json()["Activities"]
    done = next(each for each in activities if each["Key"] == "approve")
    assert (done["Status"], done["Result"]) == ("Completed", {"Approved": False, "Comment": "Too much."})


def test_they_cannot_do_the_leads(lead: dict[str, Any], stakeholder: httpx.Response) -> None:
    visitor: Visitor = stakeholder.extensions["visitor"]
    needs = next(each for each in lead["Journey"]["Activities"] if each["Key"] == "needs")
    path = f"/f/journeys/{lead['Journey']['Id']}/activities/{needs['Id']}"
    assert visitor.get(path).status_code == 404


def test_the_lead_cannot_do_theirs(visitor: Visitor, lead: dict[str, Any]) -> None:
    page = visitor.enter(lead["ConnectionURL"])
    assert "Approve the budget" not in page.text
    approve = next(each for each in lead["Journey"]["Activities"] if each["Key"] == "approve")
    assert visitor.get(f"/f/journeys/{lead['Journey']['Id']}/activities/{approve['Id']}").status_code == 404
    assert labelled(visitor.step(page, "Your needs"), "Budget")
