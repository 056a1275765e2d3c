"""``/datapoints``."""

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
from kohomai.api.schemas import others as shapes
from kohomai.datapoints import services
from kohomai.datapoints.models import DataPoint

router = Router(tags=["datapoints"])


def show(row: DataPoint) -> dict[str, Any]:
    """A data point as the API shows it."""
    return {
        "Id": row.id,
        "Name": row.name,
        "Type": row.type,
        "Choices": list(row.choices),
        "Description": row.description,
        "System": row.system,
        "Used": row.used_at is not None,
        "Archived": row.archived_at is not None,
        **dates(row),
    }


@operation(
    router,
    "GET",
    "/datapoints",
    id="get_datapoints",
    summary="List data points",
    answers={200: shapes.DataPoints},
    example=examples.page(examples.DATA_POINT),
    headers=("Link",),
)
def get_datapoints(request: HttpRequest, query: Query[shapes.DataPointQuery]) -> HttpResponse:
    """The system's and the workspace's own; ``Name`` finds former names too."""
    page = page_of(query.limit, query.cursor, query.order)
    filters = {
        "name": query.Name,
        "type": query.Type,
        "system": query.System,
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
    "/datapoints",
    id="post_datapoints",
    summary="Make a data point",
    answers={201: shapes.DataPoint},
    example=examples.DATA_POINT,
    body=shapes.DataPointIn,
    body_example={"Name": "Budget", "Type": "Amount"},
)
def post_datapoints(request: HttpRequest) -> HttpResponse:
    """Names are unique in the workspace without regard to case, former ones included."""
    body = read_body(request, shapes.DataPointIn)
    row = body.call(
        lambda: services.create(
            workspace_of(request),
            name=body.get("Name"),
            type=body.get("Type"),
            choices=body.get("Choices"),
            description=body.get("Description"),
        )
    )
    return answer(show(row), 201, {"Location": f"/api/v1/datapoints/{row.id}"})


@operation(
    router,
    "GET",
    "/datapoints/{id:data_point_id}",
    id="get_datapoint",
    summary="Get a data point",
    answers={200: shapes.DataPoint},
    example=examples.DATA_POINT,
)
def get_datapoint(request: HttpRequest, data_point_id: int) -> HttpResponse:
    """One data point."""
    return answer(show(services.get(workspace_of(request), data_point_id)))


@operation(
    router,
    "PATCH",
    "/datapoints/{id:data_point_id}",
    id="patch_datapoint",
    summary="Change, rename or archive a data point",
    answers={200: shapes.DataPoint},
    example=examples.DATA_POINT,
    body=shapes.DataPointChange,
    body_example={"Name": "Yearly budget"},
    errors=(409,),
)
def patch_datapoint(request: HttpRequest, data_point_id: int) -> HttpResponse:
    """A renamed one is still found by its former names. The type is fixed once it is used."""
    body = read_body(request, shapes.DataPointChange)
    row = body.call(lambda: services.change(workspace_of(request), data_point_id, body.fields))
    return answer(show(row))
