"""Versions of a funnel: published once, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.datapoints.services import mark_used
from kohomai.engine import simulate
from kohomai.engine.document import compile_definition, data_point_ids, used_data_points
from kohomai.engine.errors import Conflict, Fault, Invalid, NotFound
from kohomai.funnels import services
from kohomai.funnels.compiled import freeze, registry
from kohomai.funnels.documents import Document, dumps, loads, ordered, to_shown, to_stored
from kohomai.funnels.models import Funnel
from kohomai.funnels.services import check_revision, faults_of, stored_draft

CONFIRM = "ConfirmFailingTests"


@dataclass(frozen=True, slots=True)
class Version:
    """A published version. ``failing_tests`` are the tests that failed and were published all the same, by
    ``published_by`` (an actor as events keep it)."""

    number: int
    funnel_id: int
    published_at: datetime
    published_by: Mapping[str, Any]
    failing_tests: list[Any]
    document: Document | None = None


_derive: simulate.Derive | None = None


def derive_by(derive: simulate.Derive) -> None:
    """Let tests of funnels know what follows from what they give (``Email is free`` from ``Email``).

    Leads are above this room: theirs is the knowledge of addresses, and they bring it when they are loaded.
    """
    global _derive
    _derive = derive


# --- publishing ---------------------------------------------------------------------------------------------


def publish(
    workspace_id: int,
    funnel_id: int,
    *,
    actor: Mapping[str, Any] | None = None,
    confirm_failing_tests: bool = False,
    revision: int | None = None,
) -> int:
    """Freeze the draft as the next version; its number.

    Raises ``NotFound``; ``Invalid`` with every fault of the draft, or, where a test of the funnel fails, with
    each of these, unless that is confirmed (which is recorded); ``Stale`` when ``revision`` is given and the
    draft is another by now; ``Conflict`` for an archived funnel.
    """
    points = catalogue(workspace_id, fresh=True)
    with transaction.atomic():
        document, current = stored_draft(workspace_id, funnel_id, lock=True)
        check_revision(current, revision, True)
        if Funnel.objects.filter(id=funnel_id, archived_at__isnull=False).exists():
            raise Conflict("This funnel is archived.")
        faults = faults_of(document, points)
        if faults:
            raise Invalid(faults)
        failing = [result for result in run_document_tests(document, points) if not result.passed]
        if failing and not confirm_failing_tests:
            raise Invalid([_failing(result) for result in failing])
        number = _insert(workspace_id, funnel_id, document, points, actor or {}, failing)
        mark_used(workspace_id, data_point_ids(document, registry))
    return number


def _failing(result: simulate.TestResult) -> Fault:
    detail = (
        f"The test {result.name!r} fails: {'; '.join(result.problems)} Say {CONFIRM}: true to publish anyway."
    )
    return Fault(f"/{CONFIRM}", "FailingTest", detail)


def _insert(
    workspace_id: int,
    funnel_id: int,
    document: Document,
    points: Catalogue,
    actor: Mapping[str, Any],
    failing: list[simulate.TestResult],
) -> int:
    frozen = freeze(list(used_data_points(document, points, registry).values()))
    definition = dumps({"Document": document, "DataPoints": frozen})
    problems = dumps([{"Name": result.name, "Problems": list(result.problems)} for result in failing])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO funnels_funnelversion"
            " (workspace_id, funnel_id, number, definition, failing_tests, published_by, published_at)"
            " SELECT %s, %s, coalesce(max(number), 0) + 1, %s::jsonb, %s::jsonb, %s::jsonb, now()"
            " FROM funnels_funnelversion WHERE funnel_id = %s RETURNING number",
            [workspace_id, funnel_id, definition, problems, dumps(dict(actor)), funnel_id],
        )
        row = cursor.fetchone()
        assert row is not None
        number = int(row[0])
        cursor.execute(
            "UPDATE funnels_funnel SET current_version = %s, changed_at = clock_timestamp() WHERE id = %s",
            [number, funnel_id],
        )
    return number


# --- tests --------------------------------------------------------------------------------------------------


def run_document_tests(document: Document, points: Catalogue) -> list[simulate.TestResult]:
    """Run the tests that a document carries, on a simulated clock; the document must be without faults."""
    tests = document.get("Tests") or []
    if not tests:
        return []
    definition = compile_definition(document, 0, used_data_points(document, points, registry), registry)
    return simulate.run_tests(definition, registry, tests, points, _derive)


def try_tests(workspace_id: int, funnel_id: int, tests: object = None) -> list[simulate.TestResult]:
    """Run the draft's tests, or ``tests`` in their place.

    Raises ``NotFound``, and ``Invalid`` with every fault where the draft has one.
    """
    document, _ = stored_draft(workspace_id, funnel_id)
    if tests is not None:
        document = {**document, "Tests": tests}
    return _try(document, catalogue(workspace_id, fresh=True))


def try_document(workspace_id: int, document: object) -> list[simulate.TestResult]:
    """Run the tests that a definition carries which is kept in a file, with the workspace's data points.

    Raises ``Invalid`` with every fault of the definition; nothing is stored.
    """
    if not isinstance(document, dict):
        raise Invalid([Fault("", "WrongType", "A definition must be a JSON object.")])
    points = catalogue(workspace_id, fresh=True)
    return _try(to_stored(document, points), points)


def _try(document: Document, points: Catalogue) -> list[simulate.TestResult]:
    faults = faults_of(document, points)
    if faults:
        raise Invalid(faults)
    return run_document_tests(document, points)


# --- reading ------------------------------------------------------------------------------------------------


def listed(
    workspace_id: int, funnel_id: int, *, after: int = 0, limit: int = 50, descending: bool = False
) -> list[Version]:
    """Up to ``limit`` versions beyond the number ``after``, without their documents. Raises ``NotFound``."""
    services.get(workspace_id, funnel_id)
    way, order = ("<", "DESC") if descending else (">", "ASC")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, funnel_id, published_at, published_by::text, failing_tests::text"
            " FROM funnels_funnelversion WHERE workspace_id = %s AND funnel_id = %s"
            f" AND (%s = 0 OR number {way} %s) ORDER BY number {order} LIMIT %s",
            [workspace_id, funnel_id, after, after, limit],
        )
        rows = cursor.fetchall()
    return [Version(row[0], row[1], row[2], loads(row[3]), loads(row[4])) for row in rows]


def get(workspace_id: int, funnel_id: int, number: int) -> Version:
    """One version with its document: data points by today's names. Raises ``NotFound``."""
    row, stored = _stored(workspace_id, funnel_id, number)
    shown = to_shown(stored, catalogue(workspace_id))
    return Version(row[0], row[1], row[2], loads(row[3]), loads(row[4]), shown)


def _stored(workspace_id: int, funnel_id: int, number: int) -> tuple[tuple[Any, ...], Document]:
    row = None
    if 0 < number < 2**31:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT number, funnel_id, published_at, published_by::text, failing_tests::text, definition::text"
                " FROM funnels_funnelversion WHERE workspace_id = %s AND funnel_id = %s AND number = %s",
                [workspace_id, funnel_id, number],
            )
            row = cursor.fetchone()
    if row is None:
        raise NotFound("There is no such version of the funnel.")
    return row, loads(row[5])["Document"]


# --- the difference -----------------------------------------------------------------------------------------


def difference(workspace_id: int, funnel_id: int, old: int, new: int) -> dict[str, Any]:
    """What changed from one version to another: nodes added, removed and changed, field by field.

    Raises ``NotFound``.
    """
    points = catalogue(workspace_id)
    before = to_shown(_stored(workspace_id, funnel_id, old)[1], points)
    after = to_shown(_stored(workspace_id, funnel_id, new)[1], points)
    return {"From": old, "To": new, **compare(before, after)}


def compare(before: Document, after: Document) -> dict[str, Any]:
    """The difference of two documents: ``Added`` and ``Removed`` nodes, ``Changed`` nodes with their fields,
    and the ``Fields`` outside of all nodes."""
    old, new = before.get("Nodes") or {}, after.get("Nodes") or {}
    changed = [
        {"Node": key, "Fields": _fields(_keyed(old[key]), _keyed(new[key]))}
        for key in old
        if key in new and old[key] != new[key]
    ]
    outside_before, outside_after = (
        {name: value for name, value in side.items() if name != "Nodes"} for side in (before, after)
    )
    return {
        "Added": [key for key in new if key not in old],
        "Removed": [key for key in old if key not in new],
        "Changed": changed,
        "Fields": _fields(outside_before, outside_after),
    }


def _keyed(node: Any) -> Any:
    """A node whose activities stand under their keys, so that one put before the others changes only itself."""
    if isinstance(node, dict) and isinstance(node.get("Activities"), list):
        activities = {a.get("Key", str(i)): a for i, a in enumerate(node["Activities"])}
        order = list(activities)
        return {**node, "Activities": {**activities, "(order)": order}}
    return node


def _fields(old: Any, new: Any, path: str = "") -> list[dict[str, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        names = list(dict.fromkeys([*old, *new]))
        return [
            change
            for name in names
            for change in _fields(old.get(name), new.get(name), f"{path}/{name}" if path else name)
        ]
    return [] if old == new else [{"Field": path, "From": _whole(old), "To": _whole(new)}]


def _whole(part: Any) -> Any:
    return ordered(part) if isinstance(part, dict) else part
