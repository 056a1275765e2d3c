"""``/events``: what happened, to be followed from any point."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.caller import workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import decode_cursor, encode_cursor, page_answer
from kohomai.api.schemas import journeys as shapes
from kohomai.journeys import view

router = Router(tags=["events"])


@operation(
    router,
    "GET",
    "/events",
    id="get_events",
    summary="Follow events",
    answers={200: shapes.Events},
    example={"Items": [examples.EVENT], "Next": "NzQxLjg4"},
    headers=("Link",),
)
def get_events(request: HttpRequest, query: Query[shapes.EventQuery]) -> HttpResponse:
    """In the order in which they became visible; ``Next`` is always there, so that nothing is missed."""
    place = decode_cursor(query.cursor, 2) if query.cursor else (0, 0)
    types = [name.strip() for name in query.Type.split(",") if name.strip()] if query.Type else None
    items, following = view.events(
        workspace_of(request),
        after=(place[0], place[1]),
        limit=query.limit,
        types=types,
        lead_id=query.Lead,
        journey_id=query.Journey,
        created_after=query.created_after,
    )
    return page_answer(request, items, encode_cursor(*following))
