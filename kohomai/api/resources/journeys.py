"""``/journeys``: list, get, assign, the older call, and what a manager may do to one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import actor_of, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.register import assign_lead, register_old
from kohomai.api.resources.leads import REF
from kohomai.api.schemas import journeys as shapes
from kohomai.journeys import services, view

router = Router(tags=["journeys"])


@operation(
    router,
    "GET",
    "/journeys",
    id="get_journeys",
    summary="List journeys",
    answers={200: shapes.Journeys},
    example=examples.page(examples.JOURNEY_LINE),
    headers=("Link",),
)
def get_journeys(request: HttpRequest, query: Query[shapes.JourneyQuery]) -> HttpResponse:
    """Without activities, data and receipts."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = view.journeys(
        workspace_of(request),
        after=page.after or None,
        limit=page.limit,
        descending=page.descending,
        lead_id=query.Lead,
        funnel_id=query.Funnel,
        status=query.Status,
        outcome=query.Outcome,
        node=query.Node,
        created_after=query.created_after,
        changed_after=query.changed_after,
    )
    return listing(request, page, rows, dict, lambda row: int(row["Id"]))


@operation(
    router,
    "POST",
    "/journeys",
    id="post_journeys",
    summary="Assign a lead to a funnel",
    answers={201: shapes.JourneyOrSession, 200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.AssignOrOldCall,
    body_example={"Lead": {"Id": 4}, "Funnel": {"Id": 7}},
    errors=(404, 410),
    query=(REF,),
)
def post_journeys(request: HttpRequest) -> HttpResponse:
    """201 with the journey that was generated, 200 with the one that was there, by the funnel's re-entry rule.
    With ``?ref=`` it is the older documented call: it registers a lead, from the same flat body as
    ``POST /leads`` or the nested one, and answers a session."""
    if "ref" in request.GET:
        return register_old(request)
    return assign_lead(request)


@operation(
    router,
    "GET",
    "/journeys/{id:journey_id}",
    id="get_journey",
    summary="Get a journey",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
)
def get_journey(request: HttpRequest, journey_id: int) -> HttpResponse:
    """With its activities, data and receipts."""
    return _journey(request, journey_id)


@operation(
    router,
    "POST",
    "/journeys/{id:journey_id}/stop",
    id="post_journey_stop",
    summary="Stop a journey",
    answers={200: shapes.Journey},
    example={**examples.JOURNEY, "Status": "Stopped", "Reason": "Bought elsewhere"},
    body=shapes.Stop,
    body_example={"Reason": "Bought elsewhere"},
    body_optional=True,
)
def post_journey_stop(request: HttpRequest, journey_id: int) -> HttpResponse:
    """What is open is cancelled."""
    body = read_body(request, shapes.Stop, optional=True)
    body.call(
        lambda: services.stop(
            workspace_of(request), journey_id, reason=body.get("Reason") or "", actor=actor_of(request)
        )
    )
    return _journey(request, journey_id)


@operation(
    router,
    "POST",
    "/journeys/{id:journey_id}/restart",
    id="post_journey_restart",
    summary="Restart a journey from a stage",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.Restart,
    body_example={"Node": "private"},
)
def post_journey_restart(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Its data is kept, with the lead's current values copied in first."""
    body = read_body(request, shapes.Restart)
    body.call(
        lambda: services.restart(
            workspace_of(request), journey_id, node=body.get("Node"), actor=actor_of(request)
        )
    )
    return _journey(request, journey_id)


@operation(
    router,
    "POST",
    "/journeys/{id:journey_id}/move",
    id="post_journey_move",
    summary="Move a journey to a version",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.Move,
    body_example={"Version": 2},
)
def post_journey_move(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Possible where the current node is in that version too, or ``Node`` says where to go on."""
    body = read_body(request, shapes.Move)
    body.call(
        lambda: services.move(
            workspace_of(request),
            journey_id,
            version=body.get("Version"),
            node=body.get("Node"),
            actor=actor_of(request),
        )
    )
    return _journey(request, journey_id)


@operation(
    router,
    "POST",
    "/journeys/{id:journey_id}/data",
    id="post_journey_data",
    summary="Give a journey data",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.SetData,
    body_example={"Data": [{"Name": "My datapoint", "Value": "example"}]},
)
def post_journey_data(request: HttpRequest, journey_id: int) -> HttpResponse:
    """A decision that waits for data tries again; no form is completed by it."""
    body = read_body(request, shapes.SetData)
    body.call(
        lambda: services.set_data(
            workspace_of(request), journey_id, data=body.get("Data"), actor=actor_of(request)
        )
    )
    return _journey(request, journey_id)


def _journey(request: HttpRequest, journey_id: int) -> HttpResponse:
    journey = view.journey(workspace_of(request), journey_id)
    request.lead_id = journey["Lead"]["Id"]  # type: ignore[attr-defined]
    return answer(journey)
