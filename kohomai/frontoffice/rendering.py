"""How the front-office's pages are made: its own templates, and those of the activity types.

A template engine of its own finds the activity types' templates by convention, so that a new type needs no
change here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.backends.django import DjangoTemplates
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from kohomai.activities.screens import template_folders
from kohomai.engine.errors import DomainError, NotFound
from kohomai.frontoffice import cookies
from kohomai.sessions.sign_in import SignedIn, utc_now, who_is
from kohomai.workspaces.models import Workspace
from kohomai.workspaces.services import settings as workspace_settings

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@lru_cache(maxsize=1)
def engine() -> DjangoTemplates:
    """The template engine of the front-office."""
    return DjangoTemplates(
        {
            "NAME": "frontoffice",
            "DIRS": [Path(__file__).parent / "templates", *template_folders()],
            "APP_DIRS": False,
            "OPTIONS": {
                "builtins": [
                    "django.templatetags.i18n",
                    "django.templatetags.static",
                    "kohomai.frontoffice.tags",
                ],
            },
        }
    )


def page(request: HttpRequest, template: str, values: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """A page, never kept by browsers or proxies: after signing out there is nothing to go back to."""
    body = engine().get_template(f"frontoffice/{template}").render(dict(values), request)
    return HttpResponse(body, status=status)


def activity_page(
    request: HttpRequest, folder: str, values: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """The screen of an activity type."""
    body = engine().get_template(f"activities/{folder}/screen.html").render(dict(values), request)
    return HttpResponse(body, status=status)


def face(view: View[P]) -> View[P]:
    """What all pages have in common: the reader's language, and that nobody keeps them."""

    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with translation.override(translation.get_language_from_request(request)):
            response = view(request, *args, **kwargs)
            response.headers["Content-Language"] = translation.get_language() or "en"
        response.headers["Cache-Control"] = "no-store, private"
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    return answer


def signed_in(view: Callable[Concatenate[HttpRequest, SignedIn, P], HttpResponse]) -> View[P]:
    """Only for somebody who is signed in; others are led to the login page, and back afterwards.

    What is not theirs is not there (404).
    """

    @face
    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        value = cookies.read(request)
        person = who_is(value, utc_now())
        if person is None or value is None:
            there = "" if request.path == reverse("front-home") else f"?next={request.path}"
            response: HttpResponse = see_other(reverse("front-login") + there)
            if value:
                cookies.forget(response)
            return response
        try:
            response = view(request, person, *args, **kwargs)
        except NotFound:
            response = page(request, "nothing.html", frame(person), 404)
        if person.fresh and cookies.NAME not in response.cookies:
            cookies.write(response, value)
        return response

    return answer


def frame(person: SignedIn | None, **more: Any) -> dict[str, Any]:
    """What the frame around every page shows: whose pages these are, and who is signed in."""
    values: dict[str, Any] = {"person": person, "zone": "UTC"}
    if person is not None:
        workspace = workspace_settings(person.workspace_id)
        values |= {"brand": workspace.name, "zone": workspace.time_zone}
    elif "brand" not in more:
        values["brand"] = only_workspace()
    return values | more


def only_workspace() -> str:
    """The name of the only workspace there is; empty where there are several, and nobody knows whose page
    this is yet."""
    names = list(Workspace.objects.order_by("id").values_list("name", flat=True)[:2])
    return names[0] if len(names) == 1 else ""


def see_other(address: str) -> HttpResponseRedirect:
    """303: go there by GET. Only ever to a path of ours."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def refused(request: HttpRequest, person: SignedIn | None, error: DomainError, status: int) -> HttpResponse:
    """A refusal in plain language."""
    return page(request, "refused.html", frame(person, detail=error.detail), status)
