"""AssignOwner: whose turn it is, and what its settings must say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kohomai.activities.assign_owner.choosing import choose, has_room, keeps
from kohomai.activities.services import Member
from tests.activities.test_settings import faults, settings

members = st.lists(
    st.builds(
        Member,
        id=st.integers(1, 50),
        email=st.integers(1, 99).map("m{}@team.example".format),
        role=st.sampled_from(["Administrator", "Manager", "Stakeholder"]),
        present=st.booleans(),
        capacity=st.none() | st.integers(0, 3),
        load=st.integers(0, 4),
        turn=st.integers(0, 9),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(members)
def test_it_is_the_turn_of_whoever_is_there_has_room_and_waited_longest(team: list[Member]) -> None:
    able = [one for one in team if one.role == "Manager" and one.present and has_room(one)]
    found = choose(team, None, "Manager", anyone=False)
    assert (found is None) == (not able)
    if found is not None:
        assert found.in_turn
        assert found.member in able
        assert all(found.member.turn <= one.turn for one in able)


@given(members)
def test_where_nobody_can_anyone_of_the_role_is_taken_when_that_is_wanted(team: list[Member]) -> None:
    having = [one for one in team if one.role == "Manager"]
    found = choose(team, None, "Manager", anyone=True)
    assert (found is None) == (not having)
    strict = choose(team, None, "Manager", anyone=False)
    if strict is not None:
        assert found == strict


@given(members, st.integers(1, 50))
def test_who_is_named_is_taken_whether_there_or_not_but_no_stakeholder(team: list[Member], user: int) -> None:
    found = choose(team, user, None, anyone=True)
    able = [one for one in team if one.id == user and one.role != "Stakeholder"]
    assert (found.member if found else None) == (able[0] if able else None)
    assert found is None or not found.in_turn


def test_turns_go_round() -> None:
    team = [Member(number, f"m{number}@x.example", "Manager", True, None, 0, 0) for number in range(1, 4)]
    order = []
    for turn in range(1, 10):
        found = choose(team, None, "Manager", anyone=False)
        assert found is not None
        order.append(found.member.id)
        team = [replace(one, turn=turn) if one.id == found.member.id else one for one in team]
    assert order == [1, 2, 3] * 3
    assert set(Counter(order).values()) == {3}


def test_an_owner_is_kept_without_regard_to_case_while_they_can_own() -> None:
    manager = Member(1, "Mary@X.example", "Manager", False, 0, 9, 0)
    assert keeps([manager], "mary@x.EXAMPLE") == manager
    assert keeps([replace(manager, role="Stakeholder")], "mary@x.example") is None
    assert keeps([manager], None) is None


def test_settings_of_each_mode() -> None:
    assert settings("AssignOwner", {"Mode": "RoundRobin", "Role": "Manager"}).sticky
    when = {"DataPoint": "Industry", "Operator": "IsKnown"}
    rules = [{"When": when, "To": {"User": 3}}, {"Name": "B", "When": when, "To": {"Role": "Manager"}}]
    settings("AssignOwner", {"Mode": "Conditions", "Rules": rules, "Otherwise": {"Role": "Manager"}})
    territories = [{"Values": ["DE", "AT"], "To": {"User": 3}}]
    settings("AssignOwner", {"Mode": "Territory", "DataPoint": "Country", "Territories": territories})


def test_faults_of_its_settings() -> None:
    assert faults("AssignOwner", {"Mode": "Territory", "Role": "Manager"}) == [
        "/Settings/Role NotAllowed",
        "/Settings/DataPoint Required",
        "/Settings/Territories Required",
    ]
    assert faults("AssignOwner", {"Mode": "Lottery"}) == ["/Settings/Mode WrongValue"]
    rules = [{"When": {"DataPoint": "Industry", "Operator": "IsKnown"}, "To": {}}]
    assert faults("AssignOwner", {"Mode": "Conditions", "Rules": rules}) == ["/Settings/Rules/0/To Required"]
    assert faults("AssignOwner", {"Mode": "RoundRobin", "Role": "Stakeholder"}) == [
        "/Settings/Role WrongValue"
    ]
