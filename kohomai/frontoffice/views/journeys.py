"""What waits for the person signed in: /f/ and /f/journeys/<id>."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from kohomai.frontoffice.rendering import frame, page, see_other, signed_in
from kohomai.frontoffice.steps import names, walk
from kohomai.sessions.availability import redirect_target, way_of, ways_of
from kohomai.sessions.sign_in import SignedIn


@require_safe
@signed_in
def home(request: HttpRequest, person: SignedIn) -> HttpResponse:
    """The journey, when there is one, or one that the session is for; else (or with ``?all``) a list."""
    ways = ways_of(person)
    chosen = [way for way in ways if way.id == person.journey_id and (way.open or way.busy)]
    if len(ways) == 1 or (chosen and "all" not in request.GET):
        return see_other(reverse("front-journey", args=[(chosen or ways)[0].id]))
    walks = [walk(way, is_lead=way.lead_id == person.lead_id) for way in ways]
    return page(
        request,
        "home.html",
        frame(
            person,
            **names(person, *ways),
            waiting=[each for each in walks if each.open],
            others=[each for each in walks if not each.open],
        ),
    )


@require_safe
@signed_in
def journey(request: HttpRequest, person: SignedIn, journey_id: int) -> HttpResponse:
    """One journey: the step that waits, what comes next, what is done. When nothing waits but something is
    about to, the reader is asked for a moment."""
    way = way_of(person, journey_id)
    shown = walk(way, is_lead=way.lead_id == person.lead_id)
    if way.busy and not way.open and shown.returns_at is None:
        return see_other(f"{reverse('front-next')}?journey={way.id}")
    return page(
        request,
        "journey.html",
        frame(
            person,
            walk=shown,
            now=shown.now,
            **names(person, way),
            several=len(ways_of(person)) > 1,
            onward=redirect_target(person) if not way.open else None,
        ),
    )
