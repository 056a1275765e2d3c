"""``/journeys/{id}/activities/{id}``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import actor_of, workspace_of
from kohomai.api.operations import operation
from kohomai.api.schemas import journeys as shapes
from kohomai.journeys import services, view

router = Router(tags=["activities"])
_PATH = "/journeys/{id:journey_id}/activities/{id:activity_id}"


@operation(
    router,
    "GET",
    _PATH,
    id="get_journey_activity",
    summary="Get an activity",
    answers={200: shapes.Activity},
    example=examples.ACTIVITY,
)
def get_journey_activity(request: HttpRequest, journey_id: int, activity_id: int) -> HttpResponse:
    """One activity of the journey."""
    return answer(view.activity(workspace_of(request), journey_id, activity_id))


@operation(
    router,
    "POST",
    _PATH + "/complete",
    id="post_journey_activity_complete",
    summary="Complete an activity",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.Complete,
    body_example={"Data": [{"Name": "Interest", "Value": "A demo"}], "Result": {}},
    body_optional=True,
)
def post_journey_activity_complete(request: HttpRequest, journey_id: int, activity_id: int) -> HttpResponse:
    """Judged by state before body: 409 when it is not ``InProgress``, else 422 for the body."""
    body = read_body(request, shapes.Complete, optional=True)
    loaded, email = body.call(
        lambda: services.complete(
            workspace_of(request),
            journey_id,
            activity_id,
            data=body.get("Data") or [],
            result=body.get("Result") or {},
            actor=actor_of(request),
        )
    )
    request.lead_id = loaded.row.lead_id  # type: ignore[attr-defined]
    return answer(view.shown(workspace_of(request), loaded, email))


@operation(
    router,
    "POST",
    _PATH + "/skip",
    id="post_journey_activity_skip",
    summary="Skip an activity",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.Empty,
    body_example={},
    body_optional=True,
)
def post_journey_activity_skip(request: HttpRequest, journey_id: int, activity_id: int) -> HttpResponse:
    """A blocked one can be skipped too."""
    return _act(request, journey_id, activity_id, services.skip)


@operation(
    router,
    "POST",
    _PATH + "/reopen",
    id="post_journey_activity_reopen",
    summary="Reopen an activity",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.Empty,
    body_example={},
    body_optional=True,
)
def post_journey_activity_reopen(request: HttpRequest, journey_id: int, activity_id: int) -> HttpResponse:
    """A completed or skipped one in the current stage is done anew, in a further attempt."""
    return _act(request, journey_id, activity_id, services.reopen)


@operation(
    router,
    "POST",
    _PATH + "/retry",
    id="post_journey_activity_retry",
    summary="Run a failed activity again",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.Empty,
    body_example={},
    body_optional=True,
)
def post_journey_activity_retry(request: HttpRequest, journey_id: int, activity_id: int) -> HttpResponse:
    """For automatic ones that have failed for good."""
    return _act(request, journey_id, activity_id, services.retry)


@operation(
    router,
    "POST",
    _PATH + "/reassign",
    id="post_journey_activity_reassign",
    summary="Give an activity to somebody else",
    answers={200: shapes.Journey},
    example=examples.JOURNEY,
    body=shapes.Reassign,
    body_example={"Assignee": {"Kind": "Role", "Role": "Manager"}},
)
def post_journey_activity_reassign(request: HttpRequest, journey_id: int, activity_id: int) -> HttpResponse:
    """``Assignee`` as in a definition."""
    body = read_body(request, shapes.Reassign)
    return _done(
        request,
        journey_id,
        lambda: body.call(
            lambda: services.reassign(
                workspace_of(request),
                journey_id,
                activity_id,
                assignee=body.get("Assignee"),
                actor=actor_of(request),
            )
        ),
    )


def _act(
    request: HttpRequest, journey_id: int, activity_id: int, service: Callable[..., Any]
) -> HttpResponse:
    body = read_body(request, shapes.Empty, optional=True)
    return _done(
        request,
        journey_id,
        lambda: body.call(
            lambda: service(workspace_of(request), journey_id, activity_id, actor=actor_of(request))
        ),
    )


def _done(request: HttpRequest, journey_id: int, work: Callable[[], Any]) -> HttpResponse:
    """Do it, and answer the journey as it now stands."""
    work()
    journey = view.journey(workspace_of(request), journey_id)
    request.lead_id = journey["Lead"]["Id"]  # type: ignore[attr-defined]
    return answer(journey)
