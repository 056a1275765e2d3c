"""``/leads``: list, get, change; registering is ``kohomai.api.register``'s."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import actor_of, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.register import register_batch, register_lead
from kohomai.api.schemas import leads as shapes
from kohomai.journeys import view
from kohomai.journeys.person import change_lead

router = Router(tags=["leads"])

REF = {
    "name": "ref",
    "in": "query",
    "required": False,
    "description": "Reference of the origin; this or `funnel`.",
    "schema": {"type": "string", "maxLength": 40},
}
FUNNEL = {
    "name": "funnel",
    "in": "query",
    "required": False,
    "description": "`Id` of the funnel (secret keys only); counts as its own API origin.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
}


@operation(
    router,
    "GET",
    "/leads",
    id="get_leads",
    summary="List leads",
    answers={200: shapes.Leads},
    example=examples.page(examples.LEAD_LINE),
    headers=("Link",),
)
def get_leads(request: HttpRequest, query: Query[shapes.LeadQuery]) -> HttpResponse:
    """All leads of the workspace."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = view.leads(
        workspace_of(request),
        after=page.after or None,
        limit=page.limit,
        descending=page.descending,
        email=query.Email,
        test=query.Test,
        created_after=query.created_after,
        changed_after=query.changed_after,
    )
    return listing(request, page, rows, _same, _id)


@operation(
    router,
    "POST",
    "/leads",
    id="post_leads",
    summary="Register a lead",
    answers={201: shapes.Registered, 200: shapes.Registered},
    example=examples.REGISTERED,
    body=shapes.LeadIn,
    body_example=examples.LEAD_IN,
    errors=(404, 410, 429),
    query=(REF, FUNNEL),
)
def post_leads(request: HttpRequest) -> HttpResponse:
    """The lead is created or found by its e-mail, its journey generated, its first stage opened; 201 when the
    lead was created. With a publishable key: see the documentation of keys."""
    return register_lead(request)


@operation(
    router,
    "POST",
    "/leads/batch",
    id="post_leads_batch",
    summary="Register up to 1,000 leads",
    answers={200: shapes.BatchAnswer},
    example={"Items": [{"Status": 201, **examples.REGISTERED}]},
    body=shapes.LeadsBatch,
    body_example={"Items": [examples.LEAD_IN]},
    errors=(404, 410),
    query=(REF, FUNNEL),
)
def post_leads_batch(request: HttpRequest) -> HttpResponse:
    """Each fares as it would alone; one that fails fails alone."""
    return register_batch(request)


@operation(
    router,
    "GET",
    "/leads/{id:lead_id}",
    id="get_lead",
    summary="Get a lead",
    answers={200: shapes.Lead},
    example=examples.LEAD,
)
def get_lead(request: HttpRequest, lead_id: int) -> HttpResponse:
    """One lead, with what is known of the person."""
    return answer(view.lead(workspace_of(request), lead_id))


@operation(
    router,
    "PATCH",
    "/leads/{id:lead_id}",
    id="patch_lead",
    summary="Change a lead",
    answers={200: shapes.Lead},
    example=examples.LEAD,
    body=shapes.LeadChange,
    body_example={"Firstname": "Jane"},
)
def patch_lead(request: HttpRequest, lead_id: int) -> HttpResponse:
    """What is not named stays; ``null`` clears. Running journeys get their copy."""
    workspace_id = workspace_of(request)
    body = read_body(request, shapes.LeadChange)
    body.call(lambda: change_lead(workspace_id, lead_id, body.fields, actor_of(request)))
    return answer(view.lead(workspace_id, lead_id))


def _same(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _id(row: dict[str, Any]) -> int:
    return int(row["Id"])
