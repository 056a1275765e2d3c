"""The mails that a look comes to: their words' values, and the links in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from kohomai.delivery import mail
from kohomai.delivery.mail import Mail
from kohomai.delivery.notifications.matters import COMPLETED, Matter
from kohomai.delivery.notifications.persons import Told
from kohomai.delivery.notifications.waiting import SHOWN, Item
from kohomai.sessions.links import connection_url, new_link


@dataclass(slots=True)
class Letters:
    """What is written to one person: mails, rendered, and the rows of the links in them."""

    one: Told
    now: datetime
    mails: list[Mail] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)

    def waiting(self, kind: str, items: Sequence[Item], count: int, dedup: str) -> None:
        """What waits for them (``activity_waiting``, ``reminder``): the first of ``items``, the others counted, and
        the way in."""
        names = {
            "Items": [self._item(item) for item in items[:SHOWN]],
            "Count": count,
            "More": count - len(items[:SHOWN]),
            "URL": f"{settings.KOHOMAI_URL}/p/tasks" if self.one.user else self._link(),
            "SingleUse": not self.one.user,
        }
        self._write(kind, names, dedup, lead_id=self.one.person.lead_id)

    def matters(self, kind: str, found: Sequence[Matter], more: int) -> None:
        """What needs a manager; ``more`` is how many there are beside those that were found."""
        items = [
            {**_activity(one.name, one.lead_id, one.journey_id, one.due_at), "Reason": one.error}
            for one in found[:SHOWN]
        ]
        count = len(found) + more
        single = found[0] if count == 1 else None
        self._write(
            kind,
            {"Items": items, "Count": count, "More": count - len(items)},
            f"{kind}:{self.one.person.mark}:{found[-1].event_id}",
            lead_id=single.lead_id if single else None,
            journey_id=single.journey_id if single else None,
        )

    def completed(self, one: Matter) -> None:
        """A journey of a lead of theirs has reached its end."""
        names = {
            "Lead": {
                "Id": one.lead_id,
                "Email": one.email,
                "Firstname": one.firstname,
                "Lastname": one.lastname,
            },
            "Funnel": {"Name": one.funnel},
            "Outcome": one.outcome,
            "URL": _journey(one.journey_id),
        }
        dedup = f"{COMPLETED}:{self.one.person.mark}:{one.event_id}"
        self._write(COMPLETED, names, dedup, lead_id=one.lead_id, journey_id=one.journey_id)

    def digest(
        self,
        items: Iterable[Item],
        matters: Iterable[tuple[str, Matter]],
        completed: Sequence[Matter],
        count: int,
        dedup: str,
    ) -> None:
        """All there is, in one: what is overdue, due today, later, and where journeys ended. ``matters`` come with
        their kinds; ``count`` is how much waits in all."""
        groups: dict[str, list[dict[str, Any]]] = {"Overdue": [], "Today": [], "Later": [], "Completed": []}
        listed = set()
        for kind, one in matters:
            listed.add(one.activity_id)
            # What has no time by which it is due needs its manager now.
            group = "Today" if one.due_at is None else self._group(one.due_at)
            shown = _activity(one.name or one.funnel, one.lead_id, one.journey_id, one.due_at)
            groups[group].append({**shown, "Matter": kind, "Reason": one.error})
        for item in items:
            if item.id not in listed:
                groups[self._group(item.due_at)].append(self._item(item))
        for one in completed:
            shown = _activity(one.funnel, one.lead_id, one.journey_id, None)
            groups["Completed"].append({**shown, "Outcome": one.outcome})
        first = {name: found[:SHOWN] for name, found in groups.items()}
        more = max(0, count + len(completed) - sum(len(found) for found in first.values()))
        names = {**first, "Count": count, "More": more, "URL": f"{settings.KOHOMAI_URL}/p/tasks"}
        self._write("digest", names, dedup)

    def _group(self, due_at: datetime | None) -> str:
        if due_at is None:
            return "Later"
        if due_at < self.now:
            return "Overdue"
        zone = self.one.zone
        return "Today" if due_at.astimezone(zone).date() == self.now.astimezone(zone).date() else "Later"

    def _item(self, item: Item) -> dict[str, Any]:
        """An activity: for users where it is; leads and stakeholders have one way in to all of it."""
        if self.one.user:
            return _activity(item.name, item.lead_id, item.journey_id, item.due_at)
        return {"Name": item.name, "Lead": None, "Journey": None, "Due": item.due_at, "URL": None}

    def _link(self) -> str:
        person = self.one.person
        email = person.email if person.lead_id is None else None
        row, plain = new_link(
            person.workspace_id, now=self.now, lead_id=person.lead_id, email=email, mailed=True
        )
        self.links.append(row)
        return connection_url(plain)

    def _write(
        self,
        kind: str,
        names: Mapping[str, Any],
        dedup: str,
        *,
        lead_id: int | None = None,
        journey_id: int | None = None,
    ) -> None:
        self.mails.append(
            mail.render(
                self.one.person.workspace_id,
                kind=kind,
                to=self.one.person.email,
                language=self.one.recipient.language,
                time_zone=self.one.zone.key,
                context={**names, "Recipient": self.one.recipient.names()},
                lead_id=lead_id,
                journey_id=journey_id,
                dedup=dedup,
            )
        )


def _activity(name: str | None, lead_id: int, journey_id: int, due_at: datetime | None) -> dict[str, Any]:
    return {"Name": name, "Lead": lead_id, "Journey": journey_id, "Due": due_at, "URL": _journey(journey_id)}


def _journey(journey_id: int) -> str:
    return f"{settings.KOHOMAI_URL}/p/journeys/{journey_id}"
