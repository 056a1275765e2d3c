"""Rule 12: a funnel brings its own tests, which run on a simulated clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kohomai.engine.simulate import START, TestResult, dry_run, run_tests
from kohomai.engine.values import Value
from tests.engine.builders import (
    Points,
    approval,
    decision,
    form,
    funnel,
    registry,
    set_data,
    stage,
    wait,
    when,
)

B2B = funnel(
    "qualify",
    qualify=decision(
        ("Private", when("Email is free", "Is", True), "lost"),
        (
            "Bank",
            {"All": [when("Company size", "AtLeast", 250), when("Industry", "Is", "Banking")]},
            "discovery",
        ),
        default="start",
        wait="PT30S",
    ),
    discovery=stage(
        set_data("owner", {"Country": "DE"}),
        form("needs", "Budget!", DueIn="P3D", WhenOverdue={"GoTo": "lost"}),
        approval("check", After=["owner", "needs"]),
    ),
    start=stage(form("about"), wait("pause", For="P2D")),
)


def run(given: Mapping[str, Any], *do: Mapping[str, Any], **expect: Any) -> TestResult:
    test = {"Name": "A test", "Given": given, "Do": list(do), "Expect": expect}
    return run_tests(B2B, registry, [test], Points())[0]


BANK = {"Company size": 900, "Industry": "Banking"}
FILLED = {"Complete": "needs", "Data": {"Budget": "10000 EUR"}}


def test_a_bank_goes_to_discovery() -> None:
    result = run(BANK, FILLED, {"After": "P1D"}, Visits=["qualify", "discovery"], Node="discovery")
    assert result.passed, result.problems
    assert [receipt["Taken"] for receipt in result.simulation.receipts] == ["Bank"]


def test_says_how_it_differs() -> None:
    result = run(BANK, Visits=["qualify", "start"], Node="start", Outcome="Converted", Status="InProgress")
    assert result.problems == (
        "Visits: expected qualify → start, found qualify → discovery.",
        "Node: expected start, found discovery.",
        "Outcome: expected Converted, found nothing.",
    )


def test_automatic_activities_complete_at_once() -> None:
    result = run(
        BANK, Data={"Country": "DE", "Budget": None}, Activities={"owner": "Completed", "check": "Blocked"}
    )
    assert result.passed, result.problems


def test_unless_it_is_said_that_one_fails() -> None:
    result = run(BANK, FILLED, {"Fail": "owner"}, Activities={"owner": "Failed", "check": "Blocked"})
    assert result.passed, result.problems


def test_what_failed_can_be_skipped() -> None:
    steps = (
        FILLED,
        {"Fail": "owner"},
        {"Skip": "owner"},
        {"Complete": "check", "Result": {"Approved": True}},
    )
    assert run(BANK, *steps, Outcome="Converted").passed


def test_time_passes_on_a_clock_of_its_own() -> None:
    assert run(BANK, {"After": "P2D"}, Node="discovery").passed
    assert run(BANK, {"After": "P4D"}, Node="lost", Outcome="Disqualified").passed


def test_a_wait_takes_its_time() -> None:
    assert run({}, {"Complete": "about"}, Node="start").passed
    result = run({}, {"Complete": "about"}, {"After": "P3D"}, Node="won", Visits=["qualify", "start", "won"])
    assert result.passed, result.problems
    assert result.simulation.events[-1].at == START + timedelta(days=2)


def test_what_is_not_given_is_not_pending() -> None:
    assert run({"Company size": 900}, Visits=["qualify", "start"]).passed


def test_a_step_that_cannot_be_done_is_a_problem() -> None:
    assert run(BANK, {"Complete": "about"}).problems == (
        "Step 1: The journey has not come to the activity 'about'.",
    )
    assert run(BANK, {"Complete": "needs"}).problems == ("Step 1: Budget must be filled in.",)
    assert run(BANK, FILLED, FILLED).problems[0].startswith("Step 2: The activity is Completed")
    assert run(BANK, {}).problems == ("Step 1: There is nothing to do in it.",)
    assert run({"Nothing": 1}).problems == ("Given: There is no data point 'Nothing'.",)
    assert run({"Company size": "many"}).problems[0].startswith("Given: Company size must be a number")


def test_an_expectation_nobody_knows_is_a_problem() -> None:
    assert run(BANK, Mood="Good").problems == ("Nothing is known of 'Mood', so it cannot be expected.",)


def test_expected_data_is_compared_as_values() -> None:
    assert run(BANK, FILLED, Data={"Budget": {"Amount": 10000, "Currency": "EUR"}}).passed
    problems = run(BANK, FILLED, Data={"Budget": "1 EUR", "Company size": 900, "Nothing": 1}).problems
    assert problems == (
        "Budget: expected 1 EUR, found {'Amount': '10000', 'Currency': 'EUR'}.",
        "There is no data point 'Nothing'.",
    )


def test_data_points_may_be_named_as_in_a_stored_document() -> None:
    assert run(
        {"#2": 900, "#3": "Banking"}, {"Complete": "needs", "Data": {"#5": "1 EUR"}}, Node="discovery"
    ).passed


def test_what_follows_from_the_given_is_derived() -> None:
    def derive(values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {
            "Email is free": str(values["Email"]).endswith("@gmail.com"),
            "Industry": "Shipping",
            "Other": "x",
        }

    test = {"Name": "Private", "Given": {"Email": "a@gmail.com"}, "Expect": {"Visits": ["qualify", "lost"]}}
    assert run_tests(B2B, registry, [test], Points(), derive)[0].passed
    given = {"Email": "a@bank.example", **BANK}
    simulation = dry_run(B2B, registry, given, Points(), derive)
    assert simulation.visits == ("qualify", "discovery"), "what is given is never replaced"


def test_a_dry_run_gives_the_whole_journey() -> None:
    simulation = dry_run(B2B, registry, BANK, Points(), do=[FILLED])
    assert simulation.state.node == "discovery"
    assert simulation.events[0].type == "journey.started"
    assert len(simulation.receipts) == 1
    assert simulation.problems == ()


def test_a_funnel_that_never_rests_is_stopped() -> None:
    loop = decision(("Out", when("Budget", "IsKnown"), "won"), default="first")
    endless = funnel("first", first=stage(set_data("auto", {"Interest": "x"}), next="loop"), loop=loop)
    assert dry_run(endless, registry, {}, Points()).state.reason == "Loop"
