"""A journey is the fold of its events, and of nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kohomai.engine import events, fold
from kohomai.engine import happenings as h
from kohomai.engine.errors import Conflict, NotFound
from kohomai.engine.events import Event
from kohomai.engine.fold import replay
from kohomai.engine.journey import advance
from tests.engine.builders import KEY, MANAGER, NOON, Walk, form, funnel, given, registry, stage

SIMPLE = funnel("first", first=stage(form("needs", "Budget!")))


def test_begins_once() -> None:
    walk = Walk(SIMPLE)
    with pytest.raises(Conflict):
        walk.do(h.Start())
    with pytest.raises(NotFound):
        advance(SIMPLE, registry, None, h.Tick(), NOON)


def test_its_first_event_says_all_that_came_with_it() -> None:
    start = h.Start(given({"Budget": "5 EUR"}), frozenset({2, 5}), KEY, {"Id": 4, "Type": "API"})
    _, written = advance(SIMPLE, registry, None, start, NOON)
    payload = written[0].payload
    assert payload["Version"] == 1
    assert payload["Origin"] == {"Id": 4, "Type": "API"}
    assert payload["Pending"] == [2], "what is known is not waited for"
    assert [(item["DataPoint"], item["Source"]) for item in payload["Data"]] == [(5, "API")]


def test_a_value_known_before_keeps_its_age() -> None:
    yesterday = NOON - timedelta(days=1)
    value = h.Given(given({"Interest": "Ships"})[0].data_point, "Ships", "Enrichment:directory", yesterday)
    state, _ = advance(SIMPLE, registry, None, h.Start((value,)), NOON)
    assert (state.data[10].source, state.data[10].known_since) == ("Enrichment:directory", yesterday)


def test_moments_are_kept_to_the_millisecond() -> None:
    now = NOON + timedelta(microseconds=1999)
    state, written = advance(SIMPLE, registry, None, h.Start(), now)
    assert {event.at for event in written} == {NOON + timedelta(milliseconds=1)}
    assert state.activities[0].opened_at == written[-1].at


def test_events_that_are_not_the_engines_change_nothing() -> None:
    walk = Walk(SIMPLE)
    comment = Event("comment.added", {"Text": "Hello", "Actor": MANAGER}, walk.now)
    assert replay([*walk.events, comment]) == walk.state


def test_there_must_be_a_beginning() -> None:
    with pytest.raises(ValueError, match="no events"):
        replay([])
    with pytest.raises(ValueError, match="begins with"):
        replay(Walk(SIMPLE).events[1:])


def test_an_event_about_an_activity_that_is_not_there_is_no_state() -> None:
    walk = Walk(SIMPLE)
    stranger = Event(
        events.SKIPPED, {**walk.event("activity.opened"), "Attempt": 2, "Actor": MANAGER}, walk.now
    )
    with pytest.raises(ValueError, match="no activity"):
        replay([*walk.events, stranger])


def test_every_event_of_the_engine_is_folded() -> None:
    names = {value for name, value in vars(events).items() if name.isupper() and isinstance(value, str)}
    assert set(fold._APPLIERS) == names
    assert names > events.INTERNAL
