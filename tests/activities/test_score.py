"""Score: points for each condition that holds; what is not known gives none; why is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kohomai.activities import registry
from kohomai.engine.types import Facts, Outcome
from kohomai.engine.values import Amount
from tests.activities.test_settings import faults, settings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BANK = {
    "Name": "A bank",
    "When": {"DataPoint": "Industry", "Operator": "Is", "Value": "banking"},
    "Points": 30,
}
RICH = {
    "Name": "Rich",
    "When": {"DataPoint": "Budget", "Operator": "AtLeast", "Value": "1000 EUR"},
    "Points": 50.5,
}
ABROAD = {
    "Name": "Abroad",
    "When": {"Not": {"DataPoint": "Country", "Operator": "Is", "Value": "DE"}},
    "Points": -20,
}


def scored(known: dict[int, Any], **more: Any) -> Outcome:
    raw = {"Rules": [BANK, {**RICH, "Points": Decimal("50.5")}, ABROAD], **more}
    return registry["Score"].run_pure(settings("Score", raw), Facts(known, {}, NOW))


def test_each_condition_that_holds_gives_its_points() -> None:
    outcome = scored({7: "Banking", 1: Amount(Decimal(5000), "EUR"), 6: "FR"}, Start=5)
    assert outcome.system == {"Score": Decimal("65.5")}
    assert outcome.result == {"Score": Decimal("65.5")}
    assert outcome.explanation == {
        "Start": "5",
        "Rules": [
            {"Name": "A bank", "Holds": True, "Points": "30"},
            {"Name": "Rich", "Holds": True, "Points": "50.5"},
            {"Name": "Abroad", "Holds": True, "Points": "-20"},
        ],
        "Sum": "65.5",
        "Score": "65.5",
    }


def test_what_is_not_known_gives_no_points_and_is_told_from_what_does_not_hold() -> None:
    outcome = scored({7: "Retail"})
    assert outcome.result == {"Score": Decimal(0)}
    assert [rule["Holds"] for rule in outcome.explanation["Rules"]] == [False, None, None]


@given(st.integers(-500, 500), st.integers(-100, 100), st.integers(-100, 100))
def test_the_score_stays_within_its_bounds(start: int, one: int, other: int) -> None:
    least, most = sorted((one, other))
    outcome = scored({7: "Banking"}, Start=start, Least=least, Most=most)
    assert outcome.result["Score"] == min(max(start + 30, least), most)
    assert outcome.explanation["Sum"] == str(start + 30)


def test_faults_of_its_settings() -> None:
    wrong = {"DataPoint": "Budget", "Operator": "Contains", "Value": "x"}
    assert faults("Score", {}) == ["/Settings/Rules Required"]
    assert faults("Score", {"Rules": [], "Start": "many"}) == [
        "/Settings/Rules Empty",
        "/Settings/Start WrongValue",
    ]
    rules = [
        {"Name": "A", "When": wrong, "Points": 1},
        {
            "Name": "",
            "When": {"All": [wrong, {"DataPoint": "Nothing", "Operator": "IsKnown"}]},
            "Points": True,
        },
    ]
    assert faults("Score", {"Rules": rules}) == [
        "/Settings/Rules/0/When/Operator Operator",
        "/Settings/Rules/1/Name Empty",
        "/Settings/Rules/1/When/All/0/Operator Operator",
        "/Settings/Rules/1/When/All/1/DataPoint Unknown",
        "/Settings/Rules/1/Points WrongValue",
    ]
    assert faults("Score", {"Rules": [BANK], "Least": 5, "Most": 4}) == ["/Settings/Most WrongValue"]
