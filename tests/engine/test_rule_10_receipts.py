"""Receipts of decisions: what was seen, why it went as it did, and what would have sent it another way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations, product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kohomai.engine import definition as d
from kohomai.engine.conditions import holds
from kohomai.engine.receipts import Outcome, decide
from kohomai.engine.values import Amount, DataPoint, Datum, Value, ValueType
from kohomai.engine.wouldneed import Changes, smallest_change
from tests.engine.samples import BY_ID

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
FREE, SIZE, INDUSTRY, COUNTRY, BUDGET = (BY_ID[number] for number in range(1, 6))

IS_FREE = d.Test("Is", FREE, value=True)
IS_LARGE = d.Test("AtLeast", SIZE, value=Decimal(250))
IS_FINANCE = d.Test("In", INDUSTRY, value=("Banking", "Insurance"))
IN_THE_US = d.Test("Is", COUNTRY, value="US")
APPROVED = d.Test("Is", result=("check", "Approved"), value=True)

PRIVATE = d.Branch("Private address", IS_FREE, "nurture")
ENTERPRISE = d.Branch("Enterprise", d.All((IS_LARGE, d.Any_((IS_FINANCE, d.Not(IN_THE_US))))), "discovery")
QUALIFY = d.Decision("qualify", "Which kind?", (PRIVATE, ENTERPRISE), "start")


def take(
    decision: d.Decision,
    known: Mapping[DataPoint, Value],
    results: Mapping[str, Mapping[str, Value]] | None = None,
    pending: frozenset[int] = frozenset(),
    completed: Mapping[str, datetime] | None = None,
) -> Outcome:
    definition = d.Definition(3, "Funnel", "WhenEnded", decision.key, {decision.key: decision}, {})
    data = {point.id: Datum(value, "API", EARLIER) for point, value in known.items()}
    return decide(definition, decision, data, results or {}, NOW, pending, completed or {})


def receipt_of(outcome: Outcome) -> dict[str, Any]:
    assert outcome.receipt is not None
    read: dict[str, Any] = json.loads(json.dumps(outcome.receipt))
    assert read == outcome.receipt  # it is JSON as it stands
    return read


BANK: dict[DataPoint, Value] = {FREE: False, SIZE: Decimal(900), INDUSTRY: "Banking"}


# --- which way ----------------------------------------------------------------------------------------------


def test_the_first_branch_that_is_true_is_taken() -> None:
    assert (take(QUALIFY, BANK).next, take(QUALIFY, BANK).branch) == ("discovery", "Enterprise")
    assert take(QUALIFY, {**BANK, FREE: True}).next == "nurture"


def test_else_the_default_is_taken() -> None:
    outcome = take(QUALIFY, {FREE: False, SIZE: Decimal(3)})
    assert (outcome.next, outcome.branch) == ("start", None)


def test_a_branch_that_is_unknown_is_not_taken() -> None:
    assert take(QUALIFY, {}).next == "start"


def test_a_decision_without_branches_takes_its_default() -> None:
    outcome = take(d.Decision("fit", "Fit?", (), "won"), {})
    assert outcome.next == "won"
    assert receipt_of(outcome)["NotTaken"] == []


# --- waiting for data ---------------------------------------------------------------------------------------


def test_it_waits_for_the_pending_data_points_that_matter_and_leaves_no_receipt() -> None:
    outcome = take(QUALIFY, {FREE: False}, pending=frozenset({SIZE.id, INDUSTRY.id, 99}))
    assert outcome.waiting_for == {SIZE.id, INDUSTRY.id}
    assert outcome.receipt is None


def test_it_does_not_wait_once_an_earlier_branch_is_true() -> None:
    assert take(QUALIFY, {FREE: True}, pending=frozenset({SIZE.id})).next == "nurture"


def test_it_waits_at_an_earlier_branch_though_a_later_one_is_true() -> None:
    outcome = take(QUALIFY, {SIZE: Decimal(900), INDUSTRY: "Banking"}, pending=frozenset({FREE.id}))
    assert outcome.waiting_for == {FREE.id}


def test_it_does_not_wait_for_what_is_known_or_cannot_matter() -> None:
    assert take(QUALIFY, BANK, pending=frozenset({SIZE.id})).next == "discovery"
    assert take(QUALIFY, {FREE: False, SIZE: Decimal(3)}, pending=frozenset({INDUSTRY.id})).next == "start"


# --- the receipt --------------------------------------------------------------------------------------------


def test_it_names_node_time_version_and_the_way_taken() -> None:
    receipt = receipt_of(take(QUALIFY, BANK))
    assert list(receipt) == ["Node", "At", "Version", "Inputs", "Tried", "Taken", "Next", "NotTaken"]
    assert receipt["Node"] == "qualify"
    assert receipt["At"] == "2026-11-23T10:00:00.000Z"
    assert receipt["Version"] == 3
    assert (receipt["Taken"], receipt["Next"]) == ("Enterprise", "discovery")
    default = receipt_of(take(QUALIFY, {}))
    assert (default["Taken"], default["Next"]) == ("Default", "start")


def test_every_input_has_its_value_source_and_the_time_it_became_known() -> None:
    inputs = receipt_of(take(QUALIFY, BANK))["Inputs"]
    since = "2026-11-23T09:00:00.000Z"
    assert inputs == [
        {"DataPoint": "Email is free", "Value": False, "Source": "API", "KnownSince": since},
        {"DataPoint": "Company size", "Value": "900", "Source": "API", "KnownSince": since},
        {"DataPoint": "Industry", "Value": "Banking", "Source": "API", "KnownSince": since},
        {"DataPoint": "Country", "Value": None, "Source": None, "KnownSince": None},
    ]


def test_a_result_is_an_input_like_any_other() -> None:
    fit = d.Decision("fit", "Fit?", (d.Branch("Yes", APPROVED, "won"),), "lost")
    receipt = receipt_of(take(fit, {}, {"check": {"Approved": False}}, completed={"check": EARLIER}))
    since = "2026-11-23T09:00:00.000Z"
    assert receipt["Inputs"] == [
        {"Result": "check.Approved", "Value": False, "Source": "Activity", "KnownSince": since}
    ]
    assert receipt["NotTaken"] == [
        {
            "Branch": "Yes",
            "WouldNeed": [{"Result": "check.Approved", "Operator": "Is", "Value": True, "Must": True}],
        }
    ]


def test_the_branches_tried_are_shown_with_the_values_seen() -> None:
    tried = receipt_of(take(QUALIFY, BANK))["Tried"]
    assert [(one["Branch"], one["Holds"]) for one in tried] == [
        ("Private address", False),
        ("Enterprise", True),
    ]
    assert tried[1]["Conditions"] == {
        "All": [
            {
                "DataPoint": "Company size",
                "Operator": "AtLeast",
                "Value": "250",
                "Seen": "900",
                "Holds": True,
            },
            {
                "Any": [
                    {
                        "DataPoint": "Industry",
                        "Operator": "In",
                        "Value": ["Banking", "Insurance"],
                        "Seen": "Banking",
                        "Holds": True,
                    },
                    {
                        "Not": {
                            "DataPoint": "Country",
                            "Operator": "Is",
                            "Value": "US",
                            "Seen": None,
                            "Holds": None,
                        },
                        "Holds": None,
                    },
                ],
                "Holds": True,
            },
        ],
        "Holds": True,
    }


def test_branches_after_the_one_taken_are_not_tried_but_not_taken() -> None:
    receipt = receipt_of(take(QUALIFY, {**BANK, FREE: True}))
    assert [one["Branch"] for one in receipt["Tried"]] == ["Private address"]
    assert [one["Branch"] for one in receipt["NotTaken"]] == ["Enterprise", "Default"]


def test_amounts_have_the_same_exact_form_everywhere() -> None:
    leaf = d.Test("AtLeast", BUDGET, value=Amount(Decimal("10000.00"), "EUR"))
    fit = d.Decision("fit", "Fit?", (d.Branch("Large", leaf, "review"),), "won")
    receipt = receipt_of(take(fit, {BUDGET: Amount(Decimal("500.50"), "EUR")}))
    assert receipt["Inputs"][0]["Value"] == {"Amount": "500.50", "Currency": "EUR"}
    assert receipt["Tried"][0]["Conditions"]["Value"] == {"Amount": "10000.00", "Currency": "EUR"}
    assert receipt["NotTaken"][0]["WouldNeed"][0]["Value"] == {"Amount": "10000.00", "Currency": "EUR"}


# --- what would have sent it another way --------------------------------------------------------------------


def would_need(receipt: Mapping[str, Any], branch: str) -> list[tuple[str, bool]] | None:
    needed = next(one["WouldNeed"] for one in receipt["NotTaken"] if one["Branch"] == branch)
    return None if needed is None else [(one["DataPoint"], one["Must"]) for one in needed]


def test_it_would_have_needed_the_fewest_tests_to_change() -> None:
    receipt = receipt_of(take(QUALIFY, {FREE: False, SIZE: Decimal(3), INDUSTRY: "Banking"}))
    assert would_need(receipt, "Private address") == [("Email is free", True)]
    assert would_need(receipt, "Enterprise") == [("Company size", True)]


def test_earlier_true_branches_must_turn_false() -> None:
    receipt = receipt_of(take(QUALIFY, {**BANK, FREE: True}))
    assert would_need(receipt, "Enterprise") == [("Email is free", False)]
    assert would_need(receipt, "Default") == [("Email is free", False), ("Company size", False)]


def test_what_is_unknown_must_become_true_or_false() -> None:
    receipt = receipt_of(take(QUALIFY, {}))
    assert would_need(receipt, "Enterprise") == [("Company size", True), ("Industry", True)]


def test_of_equals_the_first_in_the_document_is_named() -> None:
    either = d.Branch("Either", d.Any_((IN_THE_US, IS_FINANCE)), "a")
    decision = d.Decision("x", "X", (either,), "b")
    assert would_need(receipt_of(take(decision, {})), "Either") == [("Country", True)]


def test_a_way_that_no_outcome_leads_to_needs_null() -> None:
    twice = d.Decision("x", "X", (PRIVATE, d.Branch("Again", IS_FREE, "b")), "c")
    receipt = receipt_of(take(twice, {FREE: True}))
    assert would_need(receipt, "Again") is None


def test_a_test_in_several_places_is_changed_once() -> None:
    us_free = d.Branch("Free", d.All((IN_THE_US, IS_FREE)), "a")
    us_large = d.Branch("Large", d.All((IN_THE_US, IS_LARGE)), "b")
    decision = d.Decision("x", "X", (us_free, us_large), "c")
    receipt = receipt_of(take(decision, {COUNTRY: "US", FREE: True, SIZE: Decimal(900)}))
    assert would_need(receipt, "Default") == [("Country", False)]
    assert would_need(receipt, "Large") == [("Email is free", False)]


LEAVES = [
    d.Test("Is", DataPoint(number, f"Point {number}", ValueType.NUMBER), value=Decimal(1))
    for number in range(8)
]
THREE = (True, False, None)


@st.composite
def decisions(draw: st.DrawFn) -> tuple[d.Decision, dict[d.Test, bool | None], d.Branch | None]:
    """A decision of up to three branches over a few tests, what the tests come to, and one way out."""
    leaves = LEAVES[: draw(st.integers(1, len(LEAVES)))]
    trees = st.recursive(
        st.sampled_from(leaves),
        lambda part: (
            part.map(d.Not)
            | st.lists(part, min_size=1, max_size=3).map(tuple).map(d.All)
            | st.lists(part, min_size=1, max_size=3).map(tuple).map(d.Any_)
        ),
        max_leaves=4,
    )
    whens = draw(st.lists(trees, min_size=1, max_size=3))
    branches = tuple(d.Branch(f"Branch {index}", when, "x") for index, when in enumerate(whens))
    decision = d.Decision("x", "X", branches, "y")
    outcomes = {leaf: draw(st.sampled_from(THREE)) for leaf in decision.leaves}
    return decision, outcomes, draw(st.sampled_from((*branches, None)))


def taken(decision: d.Decision, outcomes: Mapping[d.Test, bool | None]) -> d.Branch | None:
    return next((branch for branch in decision.branches if holds(branch.when, outcomes)), None)


def changes_of(decision: d.Decision, outcomes: Mapping[d.Test, bool | None], size: int) -> Iterator[Changes]:
    """Every set of ``size`` changes, those earlier in the document first."""
    for leaves in combinations(decision.leaves, size):
        for musts in product(
            *([must for must in (True, False) if outcomes[leaf] is not must] for leaf in leaves)
        ):
            yield tuple(zip(leaves, musts, strict=True))


@settings(max_examples=300, deadline=None)
@given(decisions())
def test_the_changes_lead_there_and_no_smaller_set_does(
    drawn: tuple[d.Decision, dict[d.Test, bool | None], d.Branch | None],
) -> None:
    decision, outcomes, way = drawn
    found = smallest_change(decision, way, outcomes)
    if found is not None:
        assert taken(decision, {**outcomes, **dict(found)}) is way
        assert all(outcomes[leaf] is not must for leaf, must in found)
    sizes = range(len(decision.leaves) + 1) if found is None else range(len(found))
    for size in sizes:
        for changes in changes_of(decision, outcomes, size):
            assert taken(decision, {**outcomes, **dict(changes)}) is not way, "a smaller set does"
    if found is not None:
        first = next(
            changes
            for changes in changes_of(decision, outcomes, len(found))
            if taken(decision, {**outcomes, **dict(changes)}) is way
        )
        assert [leaf for leaf, _ in found] == [leaf for leaf, _ in first]


def test_many_repeated_tests_still_give_a_correct_set_soon() -> None:
    points = [DataPoint(number, f"Point {number}", ValueType.NUMBER) for number in range(60)]
    leaves = [d.Test("Is", point, value=Decimal(1)) for point in points]
    all_of_them = d.All(tuple(leaves))
    decision = d.Decision(
        "x", "X", (d.Branch("A", all_of_them, "a"), d.Branch("B", d.Any_(tuple(leaves)), "b")), "c"
    )
    outcomes: dict[d.Test, bool | None] = dict.fromkeys(decision.leaves, None)
    for way in (*decision.branches, None):
        found = smallest_change(decision, way, outcomes)
        assert found is not None
        assert taken(decision, {**outcomes, **dict(found)}) is way
