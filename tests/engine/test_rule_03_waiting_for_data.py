"""Rule 3: decisions are tried at once; one may wait for data that a provider has promised."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kohomai.engine import happenings as h
from kohomai.engine.definition import Definition
from tests.engine.builders import (
    LEAD,
    MANAGER,
    NOON,
    Walk,
    approval,
    decision,
    form,
    funnel,
    look_up,
    shown,
    stage,
    when,
)


def qualified(*branches: tuple[str, dict[str, Any], str], wait: str = "PT30S") -> Definition:
    listed = branches or (("Big", when("Company size", "AtLeast", 250), "big"),)
    return funnel(
        "qualify",
        qualify=decision(*listed, default="small", wait=wait),
        big=stage(form("needs")),
        small=stage(form("about")),
    )


def test_the_first_branch_that_is_true_is_taken() -> None:
    walk = Walk(qualified(), Company_size=300)
    assert walk.types() == ["journey.started", "journey.decided", "journey.stage_entered", "activity.opened"]
    assert (walk.state.node, walk.event("journey.decided")["Taken"]) == ("big", "Big")


def test_else_the_default() -> None:
    assert Walk(qualified(), Company_size=3).state.node == "small"


def test_unknown_is_not_true_and_nobody_waits_for_what_nobody_promised() -> None:
    assert Walk(qualified()).state.node == "small"


def test_waits_for_what_is_pending() -> None:
    walk = Walk(qualified(), pending=("Company size",))
    assert walk.types() == ["journey.started", "journey.waiting"]
    assert walk.event("journey.started")["Pending"] == [2]
    waiting = walk.event("journey.waiting")
    assert waiting["For"] == ["Company size"]
    assert waiting["Until"] == shown(NOON + timedelta(seconds=30))
    assert walk.wakes_in() == timedelta(seconds=30)
    assert walk.state.node == "qualify"


def test_is_tried_again_when_the_provider_answers() -> None:
    walk = Walk(qualified(), pending=("Company size",))
    found = walk.enriched(Company_size=900)
    assert found == ["data.changed", "journey.decided", "journey.stage_entered", "activity.opened"]
    assert walk.state.node == "big"
    assert walk.event("data.changed")["Data"][0]["Source"] == "Enrichment:directory"
    assert walk.state.visits == {"qualify": 1, "big": 1}


def test_what_was_not_found_is_settled_and_stays_unknown() -> None:
    walk = Walk(qualified(), pending=("Company size",))
    assert walk.enriched("Company size")[:2] == ["data.changed", "journey.decided"]
    assert walk.event("data.changed") == {"Data": [], "Settled": [2], "Provider": "directory"}
    assert walk.state.node == "small"


def test_an_answer_about_something_else_does_not_end_the_wait() -> None:
    walk = Walk(qualified(), pending=("Company size", "Industry"))
    assert walk.enriched("Industry") == ["data.changed"]
    assert walk.state.pending == {2}
    assert walk.enriched("Country") == []


def test_waits_no_longer_than_it_says() -> None:
    walk = Walk(qualified(), pending=("Company size",))
    assert walk.after("PT29S") == []
    assert walk.after("PT1S") == ["journey.decided", "journey.stage_entered", "activity.opened"]
    assert walk.state.node == "small"


def test_what_comes_after_the_time_is_over_finds_it_decided_for_good() -> None:
    walk = Walk(qualified(), pending=("Company size",))
    walk.now += timedelta(seconds=31)  # the clock has not been heard
    walk.set(Interest="Ships")
    assert walk.state.node == "small"


def test_does_not_wait_by_default() -> None:
    assert Walk(qualified(wait="PT0S"), pending=("Company size",)).state.node == "small"


def test_new_data_makes_a_waiting_decision_try_again() -> None:
    walk = Walk(qualified(), pending=("Company size",))
    assert walk.set(Industry="Banking") == ["data.changed"]
    assert walk.set(Company_size=300)[:2] == ["data.changed", "journey.decided"]
    assert walk.state.node == "big"
    assert walk.state.pending == frozenset()


def test_asking_whether_it_is_known_waits_too() -> None:
    walk = Walk(qualified(("Nobody", when("Company size", "IsUnknown"), "big")), pending=("Company size",))
    assert walk.types()[-1] == "journey.waiting"
    walk.enriched(Company_size=3)
    assert walk.state.node == "small"


def test_a_later_branch_that_is_true_waits_for_an_earlier_one_that_may_be() -> None:
    branches = (
        ("Big", when("Company size", "AtLeast", 250), "big"),
        ("Anybody", when("Country", "Is", "US"), "small"),
    )
    walk = Walk(qualified(*branches), pending=("Company size",), Country="US")
    assert walk.types()[-1] == "journey.waiting"
    walk.enriched(Company_size=250)
    assert walk.state.node == "big"


def test_enrichment_never_replaces_what_a_person_or_the_api_gave() -> None:
    walk = Walk(qualified(), Company_size=3)
    assert walk.enriched(Company_size=900) == []
    assert walk.value("Company size") == 3


def test_of_two_providers_the_later_wins() -> None:
    walk = Walk(qualified())
    assert walk.enriched(Industry="Banking") == ["data.changed"]
    assert walk.enriched(Industry="Shipping") == ["data.changed"]
    assert walk.value("Industry") == "Shipping"


def test_what_a_person_confirms_is_no_longer_enrichments() -> None:
    walk = Walk(qualified())
    walk.enriched(Industry="Banking")
    known_since = walk.state.data[3].known_since
    walk.now += timedelta(hours=1)
    assert walk.set(Industry="Banking") == ["data.changed"]
    assert walk.enriched(Industry="Shipping") == []
    assert walk.state.data[3].known_since == known_since


def test_an_ended_journey_never_changes() -> None:
    walk = Walk(qualified())
    walk.do(h.Stop("No interest", MANAGER))
    assert walk.enriched(Industry="Banking") == []


def test_an_activity_that_looks_things_up_makes_them_pending_from_its_opening() -> None:
    definition = funnel(
        "first",
        first=stage(form("needs"), look_up("company", "Company size", Required=False), next="qualify"),
        qualify=decision(("Big", when("Company size", "AtLeast", 250), "won"), default="lost", wait="P1D"),
    )
    walk = Walk(definition)
    assert walk.event("activity.opened")["Pending"] == [2]
    assert walk.state.pending == {2}
    assert walk.complete("needs")[-2:] == ["journey.decided", "journey.completed"]
    assert walk.state.pending == frozenset()  # it was cancelled: nobody will answer any more


def test_what_such_an_activity_did_not_find_is_settled_when_it_ends() -> None:
    first = stage(form("needs"), look_up("company", "Company size"), next="qualify")
    qualify = decision(("Big", when("Company size", "IsKnown"), "won"), default="lost", wait="P1D")
    walk = Walk(funnel("first", first=first, qualify=qualify))
    walk.complete("needs", actor=LEAD)
    assert walk.complete("company")[-1] == "journey.completed"
    assert walk.state.outcome == "Disqualified"


def test_decisions_read_results_of_the_last_visit_and_the_latest_attempt() -> None:
    fit = decision(("Yes", when("check.Approved", "Is", True), "won"), default="first")
    walk = Walk(funnel("first", first=stage(approval("check"), form("more"), next="fit"), fit=fit))
    walk.complete("check", Approved=True)
    walk.reopen("check")
    walk.complete("check", Approved=False)
    walk.complete("more")
    assert walk.state.visits["first"] == 2
    walk.skip("check")
    walk.complete("more")
    assert walk.state.visits["first"] == 3, "skipped in the last visit: nothing is known of it"
    walk.complete("check", Approved="yes")
    walk.complete("more")
    assert walk.state.outcome == "Converted"
    assert walk.event("journey.decided")["Inputs"][0]["Source"] == "Activity"
