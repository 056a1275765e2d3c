"""Between two steps, and after the last one: one moment, and thanks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from kohomai.frontoffice.rendering import frame, page, see_other, signed_in
from kohomai.frontoffice.steps import names, walk
from kohomai.sessions.availability import available_to, redirect_target, way_of, ways_of
from kohomai.sessions.sign_in import SignedIn


def way_on(person: SignedIn, journey_id: int | None) -> str:
    """Where to go after something was done: thanks when all that is available is done, a moment's wait when
    something is about to come, else the journey."""
    available = available_to(person)
    if available.done and redirect_target(person):
        return reverse("front-thanks")
    busy = next((way for way in available.ways if way.busy), None)
    if busy is not None and not available.open:
        return f"{reverse('front-next')}?journey={busy.id}"
    return _journey(journey_id) if journey_id else reverse("front-home")


@require_safe
@signed_in
def moment(request: HttpRequest, person: SignedIn) -> HttpResponse:
    """One moment, while a decision waits or an automatic activity runs; then on. The page asks again by
    itself, with or without a script."""
    asked = request.GET.get("journey", "")
    journey_id = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else person.journey_id
    if journey_id is None:
        return see_other(reverse("front-home"))
    way = way_of(person, journey_id)
    if way.open:
        return see_other(_journey(way.id))
    if not way.busy:
        return see_other(way_on(person, way.id))
    shown = walk(way, is_lead=way.lead_id == person.lead_id)
    if shown.returns_at is not None:
        return see_other(_journey(way.id))
    return page(request, "moment.html", frame(person, walk=shown, **names(person, way)))


@require_safe
@signed_in
def thanks(request: HttpRequest, person: SignedIn) -> HttpResponse:
    """Thanks, and on to where the person came from. It lies between, since a form's answer may not lead to
    another host itself."""
    if not available_to(person).done:
        return see_other(reverse("front-home"))
    ways = ways_of(person)
    return page(request, "thanks.html", frame(person, onward=redirect_target(person), **names(person, *ways)))


def _journey(journey_id: int) -> str:
    return reverse("front-journey", args=[journey_id])
