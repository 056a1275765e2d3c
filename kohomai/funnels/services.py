"""Funnels and their drafts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.engine.errors import Conflict, Fault, Invalid, NotFound
from kohomai.engine.validation import DefinitionFault, validate
from kohomai.funnels import origins
from kohomai.funnels.compiled import registry
from kohomai.funnels.documents import Document, dumps, loads, to_shown, to_stored
from kohomai.funnels.models import Funnel
from kohomai.workspaces.checks import NAME_LENGTH, raise_faults, read_name

_NO_SUCH = "There is no such funnel."


class Stale(Conflict):
    """Somebody else has saved the draft since it was read (412)."""


class MustCompare(Conflict):
    """The draft was saved before: whoever saves it now must say which state they have seen (428)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A funnel's draft as shown: data points by today's names, and every fault it has.

    ``revision`` counts its saves.
    """

    document: Document
    revision: int
    faults: list[DefinitionFault]


# --- funnels ------------------------------------------------------------------------------------------------


def create(workspace_id: int, *, name: object) -> Funnel:
    """A funnel with an empty draft, and its own API, Manual and Import origin. Raises ``Invalid``."""
    faults: list[Fault] = []
    read = read_name(name, "/Name", faults)
    raise_faults(faults)
    with transaction.atomic():
        draft = {"Name": read, "Reentry": "WhenEnded", "Nodes": {}}
        funnel = Funnel.objects.create(workspace_id=workspace_id, name=read, draft=draft)
        origins.make_built_in(workspace_id, funnel.id)
    return funnel


def get(workspace_id: int, funnel_id: int) -> Funnel:
    """One funnel of the workspace. Raises ``NotFound``."""
    row = Funnel.objects.defer("draft").filter(workspace_id=workspace_id, id=funnel_id).first()
    if row is None:
        raise NotFound(_NO_SUCH)
    return row


def listed(
    workspace_id: int,
    *,
    after: int = 0,
    limit: int = 50,
    descending: bool = False,
    filters: Mapping[str, Any] | None = None,
) -> list[Funnel]:
    """Up to ``limit`` funnels beyond the ``Id`` ``after``, in order of ``Id``; drafts are not loaded.

    ``filters`` may name ``name``, ``archived``, ``created_after`` and ``changed_after``.
    """
    wanted = filters or {}
    rows = Funnel.objects.defer("draft").filter(workspace_id=workspace_id)
    for field, lookup in (
        ("name", "name"),
        ("created_after", "created_at__gt"),
        ("changed_after", "changed_at__gt"),
    ):
        if wanted.get(field) is not None:
            rows = rows.filter(**{lookup: wanted[field]})
    if wanted.get("archived") is not None:
        rows = rows.filter(archived_at__isnull=not wanted["archived"])
    if descending:
        rows = rows.filter(id__lt=after) if after else rows
        return list(rows.order_by("-id")[:limit])
    return list(rows.filter(id__gt=after).order_by("id")[:limit])


def change(workspace_id: int, funnel_id: int, changes: Mapping[str, object]) -> Funnel:
    """Archive a funnel, or take it back: ``Archived``. Its running journeys go on; nobody new comes in.

    Its name is the draft's. Raises ``NotFound`` and ``Invalid``.
    """
    archived = changes.get("Archived")
    if "Archived" in changes and not isinstance(archived, bool):
        raise Invalid([Fault("/Archived", "WrongType", "Archived must be true or false.")])
    row = get(workspace_id, funnel_id)
    if "Archived" in changes:
        row.archived_at = (row.archived_at or timezone.now()) if archived else None
        row.save(update_fields=["archived_at", "changed_at"])
        origins.forget()
    return row


def archive(workspace_id: int, funnel_id: int) -> Funnel:
    """Let nobody new in; running journeys go on. Raises ``NotFound``."""
    return change(workspace_id, funnel_id, {"Archived": True})


# --- the draft ----------------------------------------------------------------------------------------------


def draft(workspace_id: int, funnel_id: int) -> Draft:
    """The draft as it stands. Raises ``NotFound``."""
    stored, revision = stored_draft(workspace_id, funnel_id)
    points = catalogue(workspace_id, fresh=True)
    return Draft(to_shown(stored, points), revision, validate(stored, points, registry))


def stored_draft(workspace_id: int, funnel_id: int, *, lock: bool = False) -> tuple[Document, int]:
    """The draft as stored, and its revision; ``lock`` keeps others from saving it meanwhile.

    Raises ``NotFound``.
    """
    sql = "SELECT draft::text, draft_revision FROM funnels_funnel WHERE workspace_id = %s AND id = %s"
    with connection.cursor() as cursor:
        cursor.execute(sql + (" FOR UPDATE" if lock else ""), [workspace_id, funnel_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_NO_SUCH)
    return loads(row[0]), row[1]


def save_draft(
    workspace_id: int, funnel_id: int, document: object, *, revision: int | None, whatever: bool = False
) -> Draft:
    """Save the draft, faults and all, and say which faults it has.

    ``revision`` is the one that was seen, ``whatever`` saves over any. The first save of a new funnel needs
    neither: there is nothing yet that could be lost. Raises ``NotFound``, ``Invalid`` when the document is no
    object, ``Stale`` when the draft is another by now, ``MustCompare`` when ``revision`` is missing.
    """
    if not isinstance(document, dict):
        raise Invalid([Fault("", "WrongType", "A definition must be a JSON object.")])
    points = catalogue(workspace_id, fresh=True)
    stored = to_stored(document, points)
    with transaction.atomic():
        _, current = stored_draft(workspace_id, funnel_id, lock=True)
        check_revision(current, revision, whatever or current == 1)
        _write(workspace_id, funnel_id, stored)
    return Draft(to_shown(stored, points), current + 1, validate(stored, points, registry))


def check_revision(current: int, revision: int | None, whatever: bool) -> None:
    """Raise ``Stale`` or ``MustCompare`` unless the draft is the one that was seen."""
    if revision is not None and revision != current:
        raise Stale("The draft has been saved by somebody else since; read it again.")
    if revision is None and not whatever:
        raise MustCompare("Say with If-Match which state of the draft this replaces (its ETag).")


def _write(workspace_id: int, funnel_id: int, stored: Document) -> None:
    name = stored.get("Name")
    named = isinstance(name, str) and bool(name.strip()) and len(name) <= NAME_LENGTH
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE funnels_funnel SET draft = %s::jsonb, draft_revision = draft_revision + 1,"
            " changed_at = clock_timestamp(), name = coalesce(%s::text, name) WHERE workspace_id = %s AND id = %s",
            [dumps(stored), name if named else None, workspace_id, funnel_id],
        )


def faults_of(document: Document, points: Catalogue) -> list[Fault]:
    """The faults of a document as places in it."""
    return [as_fault(fault) for fault in validate(document, points, registry)]


def as_fault(fault: DefinitionFault) -> Fault:
    """A definition's fault, its node and field as one pointer."""
    path = f"/{fault.field}" if fault.field else ""
    return Fault(path if fault.node is None else f"/Nodes/{fault.node}{path}", fault.code, fault.detail)
