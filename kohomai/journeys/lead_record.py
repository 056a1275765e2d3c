"""A lead's own row while it is being changed: what belongs to the person, and the chain of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kohomai.datapoints.catalogue import Catalogue
from kohomai.engine.state import data_to_json
from kohomai.engine.values import Datum, Value
from kohomai.journeys.store import parsed, read_data
from kohomai.journeys.writes import Chain, Row, Writes, bytea

COLUMNS = {"firstname": "Firstname", "lastname": "Lastname", "phone": "Phone", "owner": "Owner"}
"""The columns that repeat, for search and lists, what the lead's data holds; by system data point."""
ENRICHMENT = "Enrichment"
"""What the sources of values begin with that a provider has found."""


def found_out(source: str) -> bool:
    """Whether a value of this source was found by a provider, and not given by anybody."""
    return source.startswith(ENRICHMENT)


@dataclass(slots=True)
class LeadRecord:
    """A lead as it stands. ``changes`` names, by system data point, what differs from what was stored;
    ``others`` what else does (PhoneNumberOriginal, Attribution, Test)."""

    id: int
    workspace_id: int
    email: str
    email_key: str
    data: dict[int, Datum]
    phone_original: str | None
    attribution: Mapping[str, str]
    test: bool
    created_at: datetime
    changed_at: datetime
    chain: Chain
    new: bool = False
    changed: bool = False
    changes: dict[str, Value | None] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    @staticmethod
    def stored(row: Row, points: Catalogue) -> LeadRecord:
        """The record of a row that was read (and locked)."""
        return LeadRecord(
            id=row["id"],
            workspace_id=row["workspace_id"],
            email=row["email"],
            email_key=row["email_key"],
            data=read_data(row["workspace_id"], row["data"], points.by_id),
            phone_original=row["phone_original"],
            attribution=parsed(row["attribution"]),
            test=row["test"],
            created_at=row["created_at"].astimezone(UTC),
            changed_at=row["changed_at"].astimezone(UTC),
            chain=Chain(row["workspace_id"], row["id"], None, row["sequence"], bytes(row["hash"])),
        )

    @staticmethod
    def fresh(workspace_id: int, email: str, email_key: str, now: datetime) -> LeadRecord:
        """The record of a lead that is not there yet; its ``id`` is put in when one is had (``identify``)."""
        chain = Chain(workspace_id, 0, None, 0, b"")
        return LeadRecord(
            0, workspace_id, email, email_key, {}, None, {}, False, now, now, chain, new=True, changed=True
        )

    def identify(self, lead_id: int) -> None:
        """Give a new lead its id."""
        self.id = self.chain.lead_id = lead_id

    def put(self, values: Mapping[int, Value | None], source: str, points: Catalogue, now: datetime) -> None:
        """Apply values by data point ``Id``; ``None`` forgets. What stays the same keeps its source and age,
        but what a provider had found and somebody now confirms is theirs, which no provider replaces."""
        for point_id, value in values.items():
            known = self.data.get(point_id)
            if value is None:
                if known is None:
                    continue
                del self.data[point_id]
            elif known is not None and known.value == value:
                if not found_out(known.source) or found_out(source):
                    continue
                self.data[point_id] = Datum(value, source, known.known_since)
            else:
                self.data[point_id] = Datum(value, source, now)
            self.changes[points.by_id[point_id].name] = value
            self.changed = True

    def note(self, field_name: str) -> None:
        """Another field than a data point has changed."""
        self.others.add(field_name)
        self.changed = True

    def put_phone_original(self, original: str | None) -> None:
        """The phone number as it was typed."""
        if original != self.phone_original:
            self.phone_original = original
            self.note("PhoneNumberOriginal")

    @property
    def changed_names(self) -> list[str]:
        """What differs from what was stored, as ``lead.updated`` names it."""
        return sorted({*self.changes, *self.others})

    def value(self, name: str, points: Catalogue) -> str | None:
        """The lead's own text of a system data point, if known."""
        datum = self.data.get(points.system[name].id)
        return str(datum.value) if datum else None

    def write(
        self, writes: Writes, events: list[tuple[str, dict[str, Any]]], points: Catalogue, now: datetime
    ) -> None:
        """Gather the lead's row and its events, all at ``now``."""
        writes.append_events(self.chain, [(event_type, payload, now) for event_type, payload in events])
        self.changed_at = now
        row: Row = {column: self.value(name, points) for column, name in COLUMNS.items()}
        if row["phone"] is None:
            self.phone_original = None
        row |= {
            "id": self.id,
            "phone_original": self.phone_original,
            "data": data_to_json(self.data),
            "attribution": self.attribution,
            "test": self.test,
            "sequence": self.chain.sequence,
            "hash": bytea(self.chain.hash),
            "changed_at": now,
        }
        if self.new:
            row |= {"workspace_id": self.workspace_id, "email": self.email, "email_key": self.email_key}
            writes.leads_new.append(row)
        else:
            writes.leads_changed.append(row)
