"""The look: whoever has something due is taken, what there is to tell them by now is read, and written, or put off.

All that is read, rendered and decided is so outside of any transaction. Then, in one, the rows that are still ours are
settled and the mails put into the outbox: a worker may die at any moment, and what it was at is looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import structlog
from django.db import connection

from kohomai.delivery import mail
from kohomai.delivery.database import AWAY, short_transaction
from kohomai.delivery.notifications import matters, persons, rows, waiting
from kohomai.delivery.notifications.matters import COMPLETED, KINDS, Matter
from kohomai.delivery.notifications.moments import last_digest, next_digest
from kohomai.delivery.notifications.persons import Told
from kohomai.delivery.notifications.rows import Outcome, Row, carried, later, left, told
from kohomai.delivery.notifications.writing import Letters
from kohomai.sessions.links import insert_links

BATCH = 100
"""Rows that are claimed at once."""
MAILS = 50
"""Mails after which a step ends: rendering takes its time."""
ENDS = 50
"""Mails about ended journeys that one person gets at once; the others a minute later."""
RETRY = timedelta(minutes=10)
"""How long somebody is left alone whose mail could not be written."""

WAITING = "activity_waiting"
REMINDER = "reminder"

_log = structlog.get_logger()
_HAD = "SELECT dedup FROM delivery_email WHERE dedup = ANY (%s::text[])"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a step did: how many persons were looked at, and how many mails were written."""

    persons: int = 0
    mails: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody whose turn it is, with their rows; ``day`` is that of their digest, where they want one."""

    one: Told
    rows: Sequence[Row]
    day: date | None = None

    def mark(self, now: datetime) -> str:
        """What the mail is known by of which they get at most one a day, by their clock: a digest or a reminder."""
        person = self.one.person
        if self.day is not None:
            return f"digest:{person.workspace_id}:{person.mark}:{self.day}"
        return f"reminder:{person.workspace_id}:{person.mark}:{now.astimezone(self.one.zone).date()}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so by now: what waits, what has become of events, and which mails of the day are written."""

    waiting: waiting.Read
    matters: Mapping[int, Matter]
    had: frozenset[str]


def step(limit: int = BATCH) -> Looked:
    """Look at what is due, at most so many rows' persons."""
    claimed = rows.claim(limit)
    if not claimed:
        return Looked()
    now = datetime.now(UTC)
    theirs: dict[persons.Key, list[Row]] = defaultdict(list)
    for row in claimed:
        theirs[row.workspace_id, row.person].append(row)
    people = persons.read(theirs)
    turns: list[Turn] = []
    outcomes: list[tuple[Letters | None, list[Outcome]]] = []
    for key, found in theirs.items():
        if key not in people:
            outcomes.append((None, [told(row) for row in found]))
            continue
        turn = take_turn(people[key], found, now)
        if isinstance(turn, Turn):
            turns.append(turn)
        else:
            outcomes.append((None, turn))
    outcomes += _look(turns, now)
    return Looked(len(theirs), _write(outcomes, now))


def take_turn(one: Told, found: Sequence[Row], now: datetime) -> Turn | list[Outcome]:
    """Whether it is this person's turn now; else until when each of their rows is put off."""
    day = None
    if one.digest_at is not None:
        at, day = last_digest(now, one.digest_at, one.zone)
        if at < min(row.since for row in found):
            following = next_digest(now, one.digest_at, one.zone)
            return [later(row, following) for row in found]
    if one.quiet is not None and (until := one.quiet.until(now)) is not None:
        return [later(row, until) for row in found]
    return Turn(one, found, day)


def _look(turns: Sequence[Turn], now: datetime) -> list[tuple[Letters | None, list[Outcome]]]:
    """Write to those whose turn it is; whoever is not got to any more is left as they were."""
    if not turns:
        return []
    everything = [row for turn in turns for row in turn.rows]
    facts = Facts(
        waiting.Read([turn.one for turn in turns], [row for row in everything if row.kind == WAITING]),
        matters.read(row for row in everything if row.kind in (*KINDS, COMPLETED)),
        _had(turns, now),
    )
    done: list[tuple[Letters | None, list[Outcome]]] = []
    mails = 0
    for turn in turns:
        letters = Letters(turn.one, now)
        if mails >= MAILS:
            done.append((None, [left(row) for row in turn.rows]))
            continue
        try:
            write = _at_once if turn.one.digest_at is None else _digest
            done.append((letters, write(turn, facts, letters, now)))
        except AWAY:
            raise
        except Exception as error:
            # Somebody whose mail cannot be written must not keep the others waiting.
            _log.error(
                "a notice could not be written",
                rows=[row.id for row in turn.rows],
                error=type(error).__name__,
            )
            done.append((None, [later(row, now + RETRY) for row in turn.rows]))
        mails += len(letters.mails)
    return done


def _write(found: Iterable[tuple[Letters | None, list[Outcome]]], now: datetime) -> int:
    """Settle what is still ours and put the mails about it into the outbox; how many there were."""
    looks = list(found)
    with short_transaction() as cursor:
        held = rows.hold(cursor, [one.row for _, outcomes in looks for one in outcomes])
        ours = [
            (letters, outcomes) for letters, outcomes in looks if all(one.row.id in held for one in outcomes)
        ]
        rows.settle(cursor, [one for _, outcomes in ours for one in outcomes], held, now)
        insert_links(cursor, [link for letters, _ in ours if letters for link in letters.links])
        return len(mail.insert([one for letters, _ in ours if letters for one in letters.mails]))


# --- at once --------------------------------------------------------------------------------------------------


def _at_once(turn: Turn, facts: Facts, letters: Letters, now: datetime) -> list[Outcome]:
    outcomes = []
    for row in turn.rows:
        if row.kind in (WAITING, REMINDER):
            continue
        if row.due_at > now:
            outcomes.append(left(row))
        elif row.kind == COMPLETED:
            outcomes.append(_completed(row, facts, letters))
        else:
            found = [facts.matters[event] for event in row.events if event in facts.matters]
            if found:
                letters.matters(row.kind, found, row.count - len(row.events))
            outcomes.append(told(row))
    return outcomes + _what_waits(turn, facts, letters, now)


def _completed(row: Row, facts: Facts, letters: Letters) -> Outcome:
    seen = row.events[:ENDS]
    for event in seen:
        if event in facts.matters:
            letters.completed(facts.matters[event])
    return Outcome(row, seen)


def _what_waits(turn: Turn, facts: Facts, letters: Letters, now: datetime) -> list[Outcome]:
    """One mail with everything that waits: since something of it is new, or since they are to be reminded of it. With
    either both are done with."""
    both = [row for row in turn.rows if row.kind in (WAITING, REMINDER)]
    due = {row.kind: row for row in both if row.due_at <= now}
    if not due:
        return [left(row) for row in both]
    one, found = turn.one, facts.waiting.all(turn.one)
    there = one.there_until is not None and one.there_until > now
    fresh = due.get(WAITING)
    if fresh is not None and one.waits and not there:
        new = facts.waiting.new(one, fresh)
        if new or _more_are_new(fresh, found):
            known = {item.id for item in new}
            items = [*new, *(item for item in found.items if item.id not in known)]
            letters.waiting(WAITING, items, found.count, f"waiting:{one.person.mark}:{max(fresh.events)}")
            return [told(row) for row in both]
    if REMINDER in due and found.count and turn.mark(now) not in facts.had:
        letters.waiting(REMINDER, found.items, found.count, turn.mark(now))
        return [told(row) for row in both]
    outcomes = []
    for row in both:
        if row.kind not in due:
            outcomes.append(left(row))
        elif row.kind == WAITING and one.waits and there and one.there_until is not None:
            outcomes.append(later(row, one.there_until))
        else:
            outcomes.append(told(row))
    return outcomes


def _more_are_new(row: Row, found: waiting.Waiting) -> bool:
    """Whether something waits that opened among what there was too much of to keep."""
    return row.count > len(row.events) and found.newest is not None and found.newest >= row.since


# --- digests --------------------------------------------------------------------------------------------------


def _digest(turn: Turn, facts: Facts, letters: Letters, now: datetime) -> list[Outcome]:
    """One mail with all there is; what waits then is told of again the next day."""
    one = turn.one
    assert one.digest_at is not None
    following = next_digest(now, one.digest_at, one.zone)
    if turn.mark(now) in facts.had:
        return [later(row, following) for row in turn.rows]
    found = facts.waiting.all(one)
    ends = _of_kind(COMPLETED, turn, facts)
    needed = [(kind, matter) for kind in KINDS for matter in _of_kind(kind, turn, facts)]
    waits = {item.id for item in found.items}
    count = found.count + sum(matter.activity_id not in waits for _, matter in needed)
    if count or ends:
        letters.digest(found.items, needed, ends, count, turn.mark(now))
    return [
        carried(row, following) if row.kind == WAITING and found.count else told(row) for row in turn.rows
    ]


def _of_kind(kind: str, turn: Turn, facts: Facts) -> list[Matter]:
    """What of one kind is still so."""
    theirs = (row for row in turn.rows if row.kind == kind)
    return [facts.matters[event] for row in theirs for event in row.events if event in facts.matters]


def _had(turns: Sequence[Turn], now: datetime) -> frozenset[str]:
    """Which of the mails of which there is one a day are there already."""
    with connection.cursor() as cursor:
        cursor.execute(_HAD, [[turn.mark(now) for turn in turns]])
        return frozenset(row[0] for row in cursor.fetchall())
