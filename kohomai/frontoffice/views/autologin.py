"""The way in by a link: /internal/v1/autologin?UUID=…

Looking at it uses nothing up: mail scanners and previews look. A button signs in. For a link that a program
asked for, a script presses it at once, unless somebody else is signed in in this browser; never for a link
that was mailed, since scanners run scripts too.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from kohomai.engine.errors import DomainError, Gone, NotFound
from kohomai.frontoffice import cookies
from kohomai.frontoffice.rendering import face, frame, page, refused, see_other
from kohomai.frontoffice.views.onward import way_on
from kohomai.registration.applying import apply_held, drop_held, show_held
from kohomai.sessions.sign_in import Link, SignedIn, open_link, use_link, utc_now, who_is
from kohomai.workspaces.services import settings as workspace_settings


@require_http_methods(["GET", "HEAD", "POST"])
@face
def autologin(request: HttpRequest) -> HttpResponse:
    """GET and HEAD show the button, POST signs in: 303 into /f/. Used or expired: 410."""
    plain = (request.POST if request.method == "POST" else request.GET).get("UUID", "")[:100]
    now = utc_now()
    try:
        link = open_link(plain, now)
    except NotFound:
        return page(request, "no_link.html", frame(None), 404)
    if link.state != "Good":
        return _over(request, link, plain)
    if request.method == "POST":
        return _enter(request, link, plain)
    here = who_is(cookies.read(request), now)
    held = link.held_data_id and show_held(link.workspace_id, link.held_data_id, now)
    values = {
        "plain": plain,
        "held": held,
        "somebody_else": here is not None and not _same(here, link),
        "at_once": not link.mailed and (here is None or _same(here, link)),
    }
    return page(request, "autologin.html", _framed(link, **values))


def _enter(request: HttpRequest, link: Link, plain: str) -> HttpResponse:
    now = utc_now()
    try:
        person, cookie = use_link(plain, now, replaces=cookies.read(request))
    except Gone:
        return _over(request, open_link(plain, now), plain)
    except NotFound:
        return page(request, "no_link.html", frame(None), 404)
    response = _inside(request, link, person)
    cookies.write(response, cookie)
    return response


def _inside(request: HttpRequest, link: Link, person: SignedIn) -> HttpResponse:
    """Into the front-office; what was held for the person is applied, or dropped, as they said."""
    journey_id = person.journey_id
    if link.held_data_id and person.lead_id:
        now = utc_now()
        if request.POST.get("without"):
            drop_held(person.workspace_id, link.held_data_id, now)
        elif show_held(person.workspace_id, link.held_data_id, now) is not None:
            try:
                outcome = apply_held(person.workspace_id, link.held_data_id, person.lead_id, now)
            except DomainError as error:
                return refused(request, person, error, 409)
            journey_id = outcome.journey.row.id if outcome.journey else journey_id
    if link.mailed:
        there = reverse("front-journey", args=[journey_id]) if journey_id else reverse("front-home")
        return see_other(there)
    return see_other(way_on(person, journey_id))


def _over(request: HttpRequest, link: Link, plain: str) -> HttpResponse:
    """410: used or expired. Whoever is signed in as its person can just go on; others ask for a fresh one."""
    here = who_is(cookies.read(request), utc_now())
    same = here is not None and _same(here, link)
    return page(request, "link_over.html", _framed(link, plain=plain, same=same), 410)


def _same(here: SignedIn, link: Link) -> bool:
    if here.workspace_id != link.workspace_id:
        return False
    if link.lead_id is not None:
        return here.lead_id == link.lead_id
    return here.email is not None and here.email == link.email


def _framed(link: Link, **values: object) -> dict[str, object]:
    return frame(None, brand=workspace_settings(link.workspace_id).name, link=link, **values)
