"""Unsubscribing, by the link in a mail: /u/<token>.

Looking at it changes nothing, since scanners open links. A POST does it: from the page's button, or from a mail
program that has neither cookie nor page (RFC 8058). The token is what lets it, so there is none against forgery.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kohomai.delivery.emails import unsubscribes
from kohomai.engine.errors import NotFound
from kohomai.frontoffice.rendering import face, frame, page
from kohomai.workspaces.services import settings as workspace_settings

_LONGEST = 400


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@face
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the button, POST unsubscribes, POST with ``again`` takes it back; 404 for a token that is none."""
    try:
        one = unsubscribes.read(token[:_LONGEST])
        brand = workspace_settings(one.workspace_id).name
    except NotFound:
        return page(request, "no_unsubscribe.html", frame(None), 404)
    if request.method == "POST":
        if request.POST.get("again"):
            unsubscribes.begin_again(one)
        else:
            unsubscribes.end(one)
    values = {
        "brand": brand,
        "category": one.category,
        "ended": unsubscribes.has_ended(one),
        "back": request.method == "POST",
    }
    return page(request, "unsubscribe.html", frame(None, **values))
