"""Whom an activity falls to, at its opening and afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from kohomai.engine import happenings as h
from kohomai.engine.errors import Conflict, Invalid
from kohomai.engine.state import Assignee
from tests.engine.builders import MANAGER, Walk, approval, form, funnel, set_data, stage

OWNER = {"Kind": "Owner"}
SIGNATORY = {"Kind": "Stakeholder", "DataPoint": "Signatory e-mail"}


def one(assignee: dict[str, Any], **data: Any) -> Walk:
    return Walk(funnel("first", first=stage(form("it", Assignee=assignee), form("more"))), **data)


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ({"Kind": "Lead"}, {"Kind": "Lead"}),
        ({"Kind": "Role", "Role": "Manager"}, {"Kind": "Role", "Role": "Manager"}),
        ({"Kind": "User", "Id": 5}, {"Kind": "User", "Id": 5}),
        (
            {"Kind": "Stakeholder", "Email": "s@bank.example"},
            {"Kind": "Stakeholder", "Email": "s@bank.example"},
        ),
    ],
)
def test_who_is_known_from_the_start(rule: dict[str, Any], shown: dict[str, Any]) -> None:
    assert one(rule).row("it").assignee.to_json() == shown


@pytest.mark.parametrize(("rule", "data"), [(SIGNATORY, "Signatory_e-mail"), (OWNER, "Owner")])
def test_who_the_data_says(rule: dict[str, Any], data: str) -> None:
    walk = one(rule, **{data: "s@bank.example"})
    assert walk.row("it").assignee.email == "s@bank.example"


@pytest.mark.parametrize(("rule", "data"), [(SIGNATORY, "Signatory_e-mail"), (OWNER, "Owner")])
def test_not_known_at_opening_is_in_progress_and_unassigned_until_the_first_valid_value(
    rule: dict[str, Any], data: str
) -> None:
    walk = one(rule)
    assert (walk.row("it").status, walk.row("it").assignee.unassigned) == ("InProgress", True)
    assert walk.set(**{data: "nonsense"}) == ["data.changed"]
    assert walk.set(**{data: "first@bank.example"}) == ["data.changed", "activity.reassigned"]
    assert walk.event("activity.reassigned")["Actor"] == {"Kind": "System"}
    assert walk.set(**{data: "second@bank.example"}) == ["data.changed"]
    assert walk.row("it").assignee.email == "first@bank.example"


def test_what_is_blocked_is_assigned_when_it_opens() -> None:
    walk = Walk(funnel("first", first=stage(form("a"), form("it", After=["a"], Assignee=SIGNATORY))))
    assert walk.set(**{"Signatory_e-mail": "s@bank.example"}) == ["data.changed"]
    walk.set(**{"Signatory_e-mail": "t@bank.example"})
    walk.complete("a")
    assert walk.row("it").assignee.email == "t@bank.example"


def test_a_form_that_names_the_signatory_assigns_what_is_open() -> None:
    first = stage(form("who", "Signatory e-mail!"), form("it", Assignee=SIGNATORY))
    walk = Walk(funnel("first", first=first))
    assert walk.complete("who", {"Signatory e-mail": "s@bank.example"}) == [
        "activity.completed",
        "activity.reassigned",
    ]


def test_a_manager_gives_it_to_somebody_else() -> None:
    walk = one({"Kind": "Lead"})
    assert walk.reassign("it", Assignee("User", user_id=7)) == ["activity.reassigned"]
    event = walk.event("activity.reassigned")
    assert (event["Assignee"], event["Former"], event["Actor"]) == (
        {"Kind": "User", "Id": 7},
        {"Kind": "Lead"},
        MANAGER,
    )
    assert walk.reassign("it", Assignee("User", user_id=7)) == []


def test_what_was_given_while_blocked_stays_given() -> None:
    walk = Walk(funnel("first", first=stage(form("a"), form("it", After=["a"], Assignee=OWNER))))
    walk.reassign("it", Assignee("User", user_id=7))
    walk.complete("a")
    assert walk.row("it").assignee == Assignee("User", user_id=7)


def test_the_owner_is_looked_up_when_it_is_given_to_them() -> None:
    walk = one(OWNER, Owner="boss@firm.example")
    walk.reassign("it", Assignee("Lead"))
    walk.reassign("it", Assignee("Owner"))
    assert walk.row("it").assignee == Assignee("Owner", email="boss@firm.example")


def test_an_owner_who_is_not_known_is_not_the_signatory() -> None:
    walk = one(SIGNATORY, **{"Signatory_e-mail": "s@bank.example"})
    walk.reassign("it", Assignee("Owner"))
    assert walk.row("it").assignee.unassigned


def test_only_what_is_open_can_be_given_away() -> None:
    walk = one({"Kind": "Lead"})
    walk.complete("it")
    with pytest.raises(Conflict):
        walk.reassign("it", Assignee("User", user_id=7))


def test_automatic_is_for_automatic_types_alone() -> None:
    walk = Walk(funnel("first", first=stage(approval("check"), set_data("auto", {"Interest": "x"}))))
    for key, assignee in (("check", Assignee("Automatic")), ("auto", Assignee("Lead"))):
        with pytest.raises(Invalid) as refused:
            walk.reassign(key, assignee)
        assert refused.value.faults[0].pointer == "/Assignee/Kind"


def test_a_new_attempt_stays_with_who_had_it() -> None:
    walk = one({"Kind": "Lead"})
    walk.reassign("it", Assignee("User", user_id=7))
    walk.complete("it", actor=MANAGER)
    walk.do(h.Reopen(walk.row("it").ref, MANAGER))
    assert walk.row("it").assignee == Assignee("User", user_id=7)
