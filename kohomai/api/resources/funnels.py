"""``/funnels``: funnels, their drafts, versions and tests."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.body import LARGE_BODY_LIMIT, read_json
from kohomai.api.caller import actor_of, dates, moment, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import funnels as shapes
from kohomai.api.schemas.common import Paging
from kohomai.engine.validation import DefinitionFault
from kohomai.funnels import services, versions
from kohomai.funnels.models import Funnel
from kohomai.funnels.services import Draft
from kohomai.funnels.versions import Version

router = Router(tags=["funnels"])
_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
_DRAFT_EXAMPLE = {"Id": 7, "Draft": examples.DEFINITION, "Faults": []}


def show(row: Funnel) -> dict[str, Any]:
    """A funnel as the API shows it."""
    return {
        "Id": row.id,
        "Name": row.name,
        "Version": row.current_version,
        "Archived": row.archived_at is not None,
        **dates(row),
    }


def show_version(version: Version) -> dict[str, Any]:
    """A version as lists show it."""
    return {
        "Version": version.number,
        "Funnel": {"Id": version.funnel_id},
        "PublishedAt": moment(version.published_at),
        "PublishedBy": version.published_by,
        "FailingTests": version.failing_tests,
    }


# --- funnels ------------------------------------------------------------------------------------------------


@operation(
    router,
    "GET",
    "/funnels",
    id="get_funnels",
    summary="List funnels",
    answers={200: shapes.Funnels},
    example=examples.page(examples.FUNNEL),
    headers=("Link",),
)
def get_funnels(request: HttpRequest, query: Query[shapes.FunnelQuery]) -> HttpResponse:
    """All funnels of the workspace."""
    page = page_of(query.limit, query.cursor, query.order)
    filters = {
        "name": query.Name,
        "archived": query.Archived,
        "created_after": query.created_after,
        "changed_after": query.changed_after,
    }
    rows = services.listed(
        workspace_of(request),
        after=page.after,
        limit=page.limit + 1,
        descending=page.descending,
        filters=filters,
    )
    return listing(request, page, rows, show, lambda row: row.id)


@operation(
    router,
    "POST",
    "/funnels",
    id="post_funnels",
    summary="Make a funnel",
    answers={201: shapes.Funnel},
    example={**examples.FUNNEL, "Version": None},
    body=shapes.FunnelIn,
    body_example={"Name": "B2B onboarding"},
    headers=("ETag",),
)
def post_funnels(request: HttpRequest) -> HttpResponse:
    """With an empty draft, and an API, a Manual and an Import origin of its own."""
    body = read_body(request, shapes.FunnelIn)
    row = body.call(lambda: services.create(workspace_of(request), name=body.get("Name")))
    headers = {"Location": f"/api/v1/funnels/{row.id}", "ETag": _etag(row.draft_revision)}
    return answer(show(row), 201, headers)


@operation(
    router,
    "GET",
    "/funnels/{id:funnel_id}",
    id="get_funnel",
    summary="Get a funnel",
    answers={200: shapes.Funnel},
    example=examples.FUNNEL,
)
def get_funnel(request: HttpRequest, funnel_id: int) -> HttpResponse:
    """One funnel; its definition is in its draft and its versions."""
    return answer(show(services.get(workspace_of(request), funnel_id)))


@operation(
    router,
    "PATCH",
    "/funnels/{id:funnel_id}",
    id="patch_funnel",
    summary="Archive a funnel, or take it back",
    answers={200: shapes.Funnel},
    example=examples.FUNNEL,
    body=shapes.FunnelChange,
    body_example={"Archived": True},
)
def patch_funnel(request: HttpRequest, funnel_id: int) -> HttpResponse:
    """Its running journeys go on; nobody new comes in."""
    body = read_body(request, shapes.FunnelChange)
    return answer(show(body.call(lambda: services.change(workspace_of(request), funnel_id, body.fields))))


# --- the draft ----------------------------------------------------------------------------------------------


@operation(
    router,
    "GET",
    "/funnels/{id:funnel_id}/draft",
    id="get_funnel_draft",
    summary="Get the draft",
    answers={200: shapes.DraftShown},
    example=_DRAFT_EXAMPLE,
    headers=("ETag",),
)
def get_funnel_draft(request: HttpRequest, funnel_id: int) -> HttpResponse:
    """With all its faults; the ``ETag`` says which state of it this is."""
    return _draft(funnel_id, services.draft(workspace_of(request), funnel_id))


@operation(
    router,
    "PUT",
    "/funnels/{id:funnel_id}/draft",
    id="put_funnel_draft",
    summary="Save the draft",
    answers={200: shapes.DraftShown},
    example=_DRAFT_EXAMPLE,
    body=shapes.DefinitionDocument,
    body_example=examples.DEFINITION,
    errors=(412, 428),
    headers=("ETag",),
    parameters=("If-Match",),
)
def put_funnel_draft(request: HttpRequest, funnel_id: int) -> HttpResponse:
    """A draft may have faults; all are named. ``If-Match`` with the draft's ``ETag`` is needed once it was
    saved, so that nobody's work is lost."""
    document = read_json(request, LARGE_BODY_LIMIT)
    revision, whatever = _if_match(request)
    saved = services.save_draft(
        workspace_of(request), funnel_id, document, revision=revision, whatever=whatever
    )
    return _draft(funnel_id, saved)


@operation(
    router,
    "POST",
    "/funnels/{id:funnel_id}/publish",
    id="post_funnel_publish",
    summary="Publish the draft",
    answers={200: shapes.Published},
    example={"Version": 1},
    body=shapes.Publish,
    body_example={},
    body_optional=True,
    errors=(412,),
    parameters=("If-Match",),
)
def post_funnel_publish(request: HttpRequest, funnel_id: int) -> HttpResponse:
    """Freezes the draft as the next version, which never changes; 422 names every fault and failing test."""
    body = read_body(request, shapes.Publish, optional=True)
    revision, _ = _if_match(request)
    number = body.call(
        lambda: versions.publish(
            workspace_of(request),
            funnel_id,
            actor=actor_of(request).to_json(),
            confirm_failing_tests=body.get("ConfirmFailingTests") is True,
            revision=revision,
        )
    )
    return answer({"Version": number})


@operation(
    router,
    "POST",
    "/funnels/{id:funnel_id}/tests",
    id="post_funnel_tests",
    summary="Run the draft's tests",
    answers={200: shapes.TestsOut},
    example={"Passed": True, "Tests": [{"Name": "Asks about you", "Passed": True, "Problems": []}]},
    body=shapes.TestsIn,
    body_example={
        "Tests": [
            {
                "Name": "Asks about you",
                "Given": {"Email": "a@bank.example"},
                "Expect": {"Visits": ["about-you"]},
            }
        ]
    },
    body_optional=True,
)
def post_funnel_tests(request: HttpRequest, funnel_id: int) -> HttpResponse:
    """On a simulated clock; nothing is stored. ``Tests`` may bring others in place of the draft's own."""
    body = read_body(request, shapes.TestsIn, LARGE_BODY_LIMIT, optional=True)
    results = body.call(lambda: versions.try_tests(workspace_of(request), funnel_id, body.get("Tests")))
    shown = [
        {"Name": result.name, "Passed": result.passed, "Problems": list(result.problems)}
        for result in results
    ]
    return answer({"Passed": all(result.passed for result in results), "Tests": shown})


def _draft(funnel_id: int, draft: Draft) -> HttpResponse:
    shown = {"Id": funnel_id, "Draft": draft.document, "Faults": [_fault(fault) for fault in draft.faults]}
    return answer(shown, headers={"ETag": _etag(draft.revision)})


def _fault(fault: DefinitionFault) -> dict[str, Any]:
    return {"Node": fault.node, "Field": fault.field, "Code": fault.code, "Detail": fault.detail}


def _etag(revision: int) -> str:
    return f'"{revision}"'


def _if_match(request: HttpRequest) -> tuple[int | None, bool]:
    """The revision that ``If-Match`` names (one that is no draft's where it names none), and whether any will
    do."""
    given = request.META.get("HTTP_IF_MATCH", "").strip()
    if not given:
        return None, False
    if given == "*":
        return None, True
    match = _ETAG.fullmatch(given)
    return (-1 if match is None else int(match[1])), False


# --- versions -----------------------------------------------------------------------------------------------


@operation(
    router,
    "GET",
    "/funnels/{id:funnel_id}/versions",
    id="get_funnel_versions",
    summary="List versions",
    answers={200: shapes.Versions},
    example=examples.page(examples.VERSION),
    headers=("Link",),
)
def get_funnel_versions(request: HttpRequest, funnel_id: int, query: Query[Paging]) -> HttpResponse:
    """Without their definitions."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = versions.listed(
        workspace_of(request),
        funnel_id,
        after=page.after,
        limit=page.limit + 1,
        descending=page.descending,
    )
    return listing(request, page, rows, show_version, lambda version: version.number)


@operation(
    router,
    "GET",
    "/funnels/{id:funnel_id}/versions/{id:version}",
    id="get_funnel_version",
    summary="Get a version",
    answers={200: shapes.VersionWhole},
    example={**examples.VERSION, "Definition": examples.DEFINITION},
)
def get_funnel_version(request: HttpRequest, funnel_id: int, version: int) -> HttpResponse:
    """With its definition, data points by today's names."""
    found = versions.get(workspace_of(request), funnel_id, version)
    return answer({**show_version(found), "Definition": found.document})


@operation(
    router,
    "GET",
    "/funnels/{id:funnel_id}/versions/{id:version}/difference/{id:other}",
    id="get_funnel_difference",
    summary="Compare two versions",
    answers={200: shapes.Difference},
    example={
        "From": 1,
        "To": 2,
        "Added": ["nurture"],
        "Removed": [],
        "Changed": [{"Node": "about-you", "Fields": [{"Field": "Next", "From": "won", "To": "nurture"}]}],
        "Fields": [],
    },
)
def get_funnel_difference(request: HttpRequest, funnel_id: int, version: int, other: int) -> HttpResponse:
    """What changed from ``version`` to ``other``."""
    return answer(versions.difference(workspace_of(request), funnel_id, version, other))
