"""Rule 4: completing is judged by state before body; the type says what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from kohomai.engine import happenings as h
from kohomai.engine.errors import Conflict, Invalid, NotFound
from kohomai.engine.state import Ref
from kohomai.engine.values import Amount
from tests.engine.builders import (
    KEY,
    LEAD,
    MANAGER,
    Walk,
    accept,
    approval,
    form,
    funnel,
    given,
    set_data,
    stage,
)


def needs() -> Walk:
    return Walk(funnel("first", first=stage(form("needs", "Budget!", "Start date"), form("more"))))


def faults(
    walk: Walk, key: str, data: Mapping[str, Any], actor: Mapping[str, Any] = LEAD, **result: Any
) -> list[str]:
    with pytest.raises(Invalid) as refused:
        walk.complete(key, data, actor, **result)
    return [f"{fault.pointer} {fault.code}" for fault in refused.value.faults]


def test_writes_what_was_filled_in_with_its_source() -> None:
    walk = needs()
    walk.complete("needs", {"Budget": "10000 EUR"})
    assert walk.value("Budget") == Amount(Decimal(10000), "EUR")
    completed = walk.event("activity.completed")
    assert completed["Actor"] == LEAD
    assert completed["Data"] == [
        {
            "DataPoint": 5,
            "Name": "Budget",
            "Type": "Amount",
            "Value": {"Amount": "10000", "Currency": "EUR"},
            "Source": "Lead",
        }
    ]


@pytest.mark.parametrize(("actor", "source"), [(LEAD, "Lead"), (MANAGER, "User"), (KEY, "API")])
def test_the_source_is_who_did_it(actor: Mapping[str, Any], source: str) -> None:
    walk = needs()
    walk.complete("needs", {"Budget": "10000 EUR"}, actor)
    assert walk.state.data[5].source == source


def test_a_second_completion_is_told_so_whatever_its_body() -> None:
    walk = needs()
    walk.complete("needs", {"Budget": "10000 EUR"})
    with pytest.raises(Conflict, match="Completed"):
        walk.complete("needs", {}, Nonsense=1)
    assert walk.types().count("activity.completed") == 1


def test_there_must_be_such_an_activity() -> None:
    with pytest.raises(NotFound):
        needs().do(h.Complete(Ref("needs", 2, 1), actor=LEAD))


def test_a_required_field_must_be_filled_in() -> None:
    assert faults(needs(), "needs", {"Start date": "2026-12-01"}) == ["/Data/5 Required"]
    assert faults(needs(), "needs", {"Budget": None}) == ["/Data/5 Required"]


def test_a_required_field_already_known_counts_as_filled_but_can_be_corrected() -> None:
    first = stage(form("needs", "Budget!"), form("more", "Budget"))
    walk = Walk(funnel("first", first=first), Budget="5 EUR")
    walk.complete("more", {"Budget": "7 EUR"})
    walk.complete("needs")
    assert walk.value("Budget") == Amount(Decimal(7), "EUR")
    refusing = Walk(funnel("first", first=first), Budget="5 EUR")
    assert faults(refusing, "needs", {"Budget": None}) == ["/Data/5 Required"]


def test_a_lead_may_send_only_the_forms_fields() -> None:
    assert faults(needs(), "needs", {"Budget": "1 EUR", "Industry": "Banking"}) == ["/Data/3 NotAllowed"]


def test_a_key_may_send_more() -> None:
    walk = needs()
    walk.complete("needs", {"Budget": "1 EUR", "Industry": "Banking"}, KEY)
    assert walk.value("Industry") == "Banking"


def test_all_faults_are_named_at_once() -> None:
    found = faults(needs(), "needs", {"Industry": "Banking"}, Mood="Good")
    assert found == ["/Result/Mood Unknown", "/Data/3 NotAllowed", "/Data/5 Required"]


def test_only_accepting_completes_an_accept() -> None:
    walk = Walk(funnel("first", first=stage(accept("terms"))))
    assert faults(walk, "terms", {}) == ["/Result/Accepted Required"]
    assert faults(walk, "terms", {}, Accepted=False) == ["/Result/Accepted WrongValue"]
    assert faults(walk, "terms", {}, Accepted=1) == ["/Result/Accepted WrongType"]
    assert faults(walk, "terms", {"Industry": "Banking"}, Accepted=True) == ["/Data/3 NotAllowed"]
    walk.complete("terms", Accepted=True)
    assert walk.row("terms").result == {"Accepted": True}


def test_an_approval_is_yes_or_no_with_a_comment() -> None:
    walk = Walk(funnel("first", first=stage(approval("check"))))
    assert faults(walk, "check", {}, MANAGER, Comment="Hm") == ["/Result/Approved Required"]
    assert faults(walk, "check", {}, MANAGER, Approved=True, Comment="x" * 10_001) == [
        "/Result/Comment WrongType"
    ]
    walk.complete("check", actor=MANAGER, Approved="no", Comment="Too small")
    assert walk.row("check").result == {"Approved": False, "Comment": "Too small"}
    assert walk.row("check").by == MANAGER


def test_an_automatic_activity_is_completed_by_the_system_once() -> None:
    walk = Walk(funnel("first", first=stage(set_data("auto", {"Interest": "Ships"}), form("more"))))
    done = h.Complete(walk.row("auto").ref, given({"Interest": "Ships"}))
    walk.do(done)
    assert (walk.value("Interest"), walk.state.data[10].source) == ("Ships", "Activity")
    with pytest.raises(Conflict):
        walk.do(done)


def test_one_that_fails_waits_for_a_manager() -> None:
    walk = Walk(funnel("first", first=stage(set_data("auto", {"Interest": "Ships"}))))
    assert walk.do(h.Fail(walk.row("auto").ref, "no answer")) == ["activity.failed"]
    assert (walk.row("auto").status, walk.row("auto").error) == ("Failed", "no answer")
    with pytest.raises(Conflict):
        walk.complete("auto")
    assert walk.do(h.Retry(walk.row("auto").ref, MANAGER)) == ["activity.retried"]
    assert (walk.row("auto").status, walk.row("auto").run) == ("InProgress", 1)
    with pytest.raises(Conflict):
        walk.do(h.Retry(walk.row("auto").ref, MANAGER))
    walk.complete("auto")
    assert walk.state.status == "Completed"


def test_what_a_person_does_cannot_fail() -> None:
    walk = needs()
    with pytest.raises(Conflict):
        walk.do(h.Fail(walk.row("needs").ref, "no answer"))


def test_data_that_changes_nothing_writes_no_event() -> None:
    walk = Walk(funnel("first", first=stage(form("needs"))), Industry="Banking", Budget="5 EUR")
    assert walk.set(Industry="Banking", Budget="5.00 EUR") == []
    assert walk.set(Country=None) == []
    assert walk.set(Industry="Shipping", Budget="5 EUR") == ["data.changed"]
    assert [item["Name"] for item in walk.event("data.changed")["Data"]] == ["Industry"]
    assert walk.set(Industry=None) == ["data.changed"]
    assert walk.value("Industry") is None


def test_new_data_completes_no_form() -> None:
    walk = needs()
    walk.set(Budget="5 EUR")
    assert walk.statuses()["needs"] == "InProgress"


def test_an_ended_journey_takes_no_data() -> None:
    walk = needs()
    walk.do(h.Stop("No interest", MANAGER))
    with pytest.raises(Conflict):
        walk.set(Industry="Banking")
