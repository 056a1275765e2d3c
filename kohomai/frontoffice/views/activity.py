"""One step: /f/journeys/<id>/activities/<id>."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods

from kohomai.activities import registry
from kohomai.activities.screens import Problem, Refused, Reply, Screen, View, Viewer, folder_of, screen_of
from kohomai.datapoints.catalogue import catalogue
from kohomai.engine.errors import Conflict, Invalid, NotFound
from kohomai.engine.values import DataPoint, to_stored
from kohomai.frontoffice import problems
from kohomai.frontoffice.answers import answers
from kohomai.frontoffice.rendering import activity_page, frame, page, see_other, signed_in
from kohomai.frontoffice.steps import defined, names, progress, walk
from kohomai.frontoffice.views.onward import way_on
from kohomai.funnels.compiled import definition as definition_of
from kohomai.journeys import services
from kohomai.journeys.actors import Actor
from kohomai.sessions.availability import Step, Way, known_to, way_of
from kohomai.sessions.sign_in import SignedIn, utc_now
from kohomai.workspaces.services import settings as workspace_settings

_TWICE = timedelta(minutes=2)
"""Within this time, the same form sent again is a double press, not a conflict."""


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def activity(request: HttpRequest, person: SignedIn, journey_id: int, activity_id: int) -> HttpResponse:
    """GET shows the step's screen, or what became of it; POST does it, and goes on."""
    way = way_of(person, journey_id)
    step = way.step(activity_id)
    screen, settings = _screen_of(way, step)
    if request.method == "POST":
        return _do(request, person, way, step, screen, settings)
    view = screen.present(settings, _known(person, way), _viewer(person), None)
    if step.status != "InProgress":
        said = answers(view) if step.status == "Completed" else []
        return page(request, "past.html", _frame(person, way, step, answers=said))
    return _show(request, person, way, step, view)


def _do(
    request: HttpRequest, person: SignedIn, way: Way, step: Step, screen: Screen, settings: Any
) -> HttpResponse:
    if step.status != "InProgress":
        return _not_now(request, person, way, step)
    sent = {name: str(value) for name, value in request.POST.items()}
    known, viewer = _known(person, way), _viewer(person)
    found: list[Problem]
    try:
        reply = screen.read_form(settings, known, viewer, sent)
        _complete(person, way, step, settings, reply)
    except Refused as refusal:
        found = list(refusal.problems)
    except Invalid as invalid:
        found = problems.from_faults(invalid.faults, list(reply.data))
    except Conflict:
        way = way_of(person, way.id)
        return _not_now(request, person, way, way.step(step.id))
    else:
        return see_other(way_on(person, way.id))
    view = screen.present(settings, known, viewer, sent)
    loose = problems.put(view.fields, found)
    return _show(request, person, way, step, view, loose, 422)


def _complete(person: SignedIn, way: Way, step: Step, settings: Any, reply: Reply) -> None:
    """Complete the step as this person. Raises ``Invalid`` and ``Conflict``."""
    points = _points(person, way)
    everything = known_to(_whole(person), way, points)
    # Asked beforehand as well, since here a fault still names its data point by Id.
    faults = registry[step.type].check(settings, reply.result, reply.data, everything)
    if faults:
        raise Invalid(faults)
    data = [
        {"Name": points[point].name, "Value": None if value is None else to_stored(value)}
        for point, value in reply.data.items()
    ]
    actor = (
        Actor("Lead", person.lead_id) if step.assignee == "Lead" else Actor("Stakeholder", None, person.email)
    )
    services.complete(person.workspace_id, way.id, step.id, data=data, result=reply.result, actor=actor)


def _not_now(request: HttpRequest, person: SignedIn, way: Way, step: Step) -> HttpResponse:
    """It was done before, or can no longer be done. Pressed twice, it was done by the first press."""
    if (
        step.status == "Completed"
        and step.by_kind in ("Lead", "Stakeholder")
        and step.ended_at is not None
        and utc_now() - step.ended_at < _TWICE
    ):
        return see_other(way_on(person, way.id))
    return page(request, "past.html", _frame(person, way, step, late=True), 409)


def _show(
    request: HttpRequest,
    person: SignedIn,
    way: Way,
    step: Step,
    view: View,
    loose: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    faulty = [field for field in view.fields if field.error]
    values = _frame(person, way, step, view=view, loose=loose or [], faulty=faulty)
    values["faults"] = len(faulty) + len(loose or [])
    return activity_page(request, folder_of(registry[step.type]), values, status)


def _frame(person: SignedIn, way: Way, step: Step, **more: Any) -> dict[str, Any]:
    is_lead = way.lead_id == person.lead_id
    return frame(
        person,
        way=way,
        step=step,
        walk=walk(way, is_lead=is_lead),
        progress=progress(way, is_lead=is_lead, at=step.id),
        **names(person, way),
        back=reverse("front-journey", args=[way.id]),
        **more,
    )


def _screen_of(way: Way, step: Step) -> tuple[Screen, Any]:
    definition = defined(way, step)
    screen = screen_of(registry[step.type]) if step.type in registry else None
    if definition is None or screen is None:
        raise NotFound("There is nothing to do here.")
    return screen, definition.settings


def _known(person: SignedIn, way: Way) -> dict[int, Any]:
    return known_to(person, way, _points(person, way))


def _points(person: SignedIn, way: Way) -> dict[int, DataPoint]:
    """The workspace's data points by ``Id``: what is cached of them, and those of the definition, of which some
    may have been made since."""
    return {**definition_of(way.funnel_id, way.version).data_points, **catalogue(person.workspace_id).by_id}


def _whole(person: SignedIn) -> SignedIn:
    """The same person as if the address were proven: for rules, never for what is shown."""
    return SignedIn(
        person.id, person.workspace_id, person.lead_id, person.email, None, None, True, person.created_at
    )


def _viewer(person: SignedIn) -> Viewer:
    workspace = workspace_settings(person.workspace_id)
    return Viewer(translation.get_language() or "en", ZoneInfo(workspace.time_zone))
