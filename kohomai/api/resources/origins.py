"""``/funnels/{id}/origins``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import dates, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import funnels as shapes
from kohomai.api.schemas.common import Paging
from kohomai.datapoints.catalogue import catalogue
from kohomai.funnels import origins
from kohomai.funnels.models import Origin

router = Router(tags=["origins"])


def show(row: Origin) -> dict[str, Any]:
    """An origin as the API shows it."""
    points = catalogue(row.workspace_id)
    return {
        "Id": row.id,
        "Type": row.type,
        "Name": row.name,
        "Ref": row.ref,
        "Funnel": {"Id": row.funnel_id},
        "BuiltIn": row.built_in,
        "Closed": row.closed_at is not None,
        "DataPoints": [points.name(identity) for identity in row.data_points],
        "Settings": row.settings,
        **dates(row),
    }


@operation(
    router,
    "GET",
    "/funnels/{id:funnel_id}/origins",
    id="get_funnel_origins",
    summary="List origins",
    answers={200: shapes.Origins},
    example=examples.page(examples.ORIGIN),
    headers=("Link",),
)
def get_funnel_origins(request: HttpRequest, funnel_id: int, query: Query[Paging]) -> HttpResponse:
    """The ways into the funnel, those it was made with included."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = origins.listed(
        workspace_of(request),
        funnel_id,
        after=page.after,
        limit=page.limit + 1,
        descending=page.descending,
    )
    return listing(request, page, rows, show, lambda row: row.id)


@operation(
    router,
    "POST",
    "/funnels/{id:funnel_id}/origins",
    id="post_funnel_origins",
    summary="Make an origin",
    answers={201: shapes.Origin},
    example=examples.ORIGIN,
    body=shapes.OriginIn,
    body_example={"Type": "API", "Name": "Website", "DataPoints": ["My datapoint"]},
)
def post_funnel_origins(request: HttpRequest, funnel_id: int) -> HttpResponse:
    """Its ``Ref`` is generated."""
    body = read_body(request, shapes.OriginIn)
    row = body.call(
        lambda: origins.create(
            workspace_of(request),
            funnel_id,
            type=body.get("Type"),
            name=body.get("Name"),
            data_points=body.get("DataPoints"),
            settings=body.get("Settings"),
        )
    )
    return answer(show(row), 201, {"Location": f"/api/v1/funnels/{funnel_id}/origins/{row.id}"})


@operation(
    router,
    "GET",
    "/funnels/{id:funnel_id}/origins/{id:origin_id}",
    id="get_funnel_origin",
    summary="Get an origin",
    answers={200: shapes.Origin},
    example=examples.ORIGIN,
)
def get_funnel_origin(request: HttpRequest, funnel_id: int, origin_id: int) -> HttpResponse:
    """One way into the funnel."""
    return answer(show(origins.get(workspace_of(request), funnel_id, origin_id)))


@operation(
    router,
    "PATCH",
    "/funnels/{id:funnel_id}/origins/{id:origin_id}",
    id="patch_funnel_origin",
    summary="Change or close an origin",
    answers={200: shapes.Origin},
    example=examples.ORIGIN,
    body=shapes.OriginChange,
    body_example={"Closed": True},
    errors=(409,),
)
def patch_funnel_origin(request: HttpRequest, funnel_id: int, origin_id: int) -> HttpResponse:
    """A closed one is not found any more by who would register (404; a page: 410)."""
    body = read_body(request, shapes.OriginChange)
    row = body.call(lambda: origins.change(workspace_of(request), funnel_id, origin_id, body.fields))
    return answer(show(row))
