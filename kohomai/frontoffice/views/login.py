"""Signing in without a link at hand, the code, and signing out."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from kohomai.delivery.mail import write as write_mail
from kohomai.engine.errors import Invalid, NotFound
from kohomai.frontoffice import cookies
from kohomai.frontoffice.rendering import face, frame, page, see_other
from kohomai.sessions.codes import ask_by_address, ask_by_link, use_code
from kohomai.sessions.limits import TooMany, network_of
from kohomai.sessions.sign_in import open_link, sign_out, utc_now, who_is

_INSIDE = re.compile(r"/f/[A-Za-z0-9/]*")


@require_http_methods(["GET", "HEAD", "POST"])
@face
def login(request: HttpRequest) -> HttpResponse:
    """Takes an address and sends a link and a code to it; the answer is the same for every address."""
    there = _inside(request.POST.get("next") or request.GET.get("next") or "")
    if request.method != "POST":
        if who_is(cookies.read(request), utc_now()) is not None:
            return see_other(there or reverse("front-home"))
        return page(request, "login.html", frame(None, next=there))
    address = request.POST.get("email", "").strip()[:320]
    try:
        ask_by_address(address, _network(request), utc_now(), write_mail, translation.get_language())
    except Invalid:
        error = gettext("Write your e-mail address, such as name@company.com.")
        return page(request, "login.html", frame(None, next=there, email=address, error=error), 422)
    except TooMany as limit:
        return _too_many(request, limit, "login.html", next=there, email=address)
    response = see_other(reverse("front-code") + (f"?next={there}" if there else ""))
    cookies.remember_asked(response, address, own=True)
    return response


@require_POST
@face
def again(request: HttpRequest) -> HttpResponse:
    """Sends a fresh link and a code to the own address of the person whose link was used or has expired."""
    try:
        link = open_link(request.POST.get("UUID", "")[:100], utc_now())
        address = ask_by_link(link, _network(request), utc_now(), write_mail, translation.get_language())
    except NotFound:
        return page(request, "no_link.html", frame(None), 404)
    except TooMany as limit:
        return _too_many(request, limit, "login.html")
    response = see_other(reverse("front-code"))
    cookies.remember_asked(response, address, own=False)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@face
def code(request: HttpRequest) -> HttpResponse:
    """Takes the code that was mailed."""
    asked = cookies.asked(request)
    if asked is None:
        return see_other(reverse("front-login"))
    address, own = asked
    there = _inside(request.POST.get("next") or request.GET.get("next") or "")
    values = {"address": address if own else "", "next": there}
    if request.method != "POST":
        return page(request, "code.html", frame(None, **values))
    typed = request.POST.get("code", "")[:40]
    try:
        _, cookie = use_code(address, typed, _network(request), utc_now(), cookies.read(request))
    except Invalid:
        error = gettext("This code is wrong, was used, or is older than 15 minutes.")
        return page(request, "code.html", frame(None, **values, code=typed, error=error), 422)
    except TooMany as limit:
        return _too_many(request, limit, "code.html", **values)
    response = see_other(there or reverse("front-home"))
    cookies.write(response, cookie)
    response.delete_cookie(cookies.ASKED, path="/f/login", samesite="Lax")
    return response


@require_POST
@face
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the sign-in, and what this browser keeps of it."""
    sign_out(cookies.read(request), utc_now())
    response = page(request, "signed_out.html", frame(None))
    cookies.forget(response)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _too_many(request: HttpRequest, limit: TooMany, template: str, **values: object) -> HttpResponse:
    error = gettext("Too many tries in a short time. Use the link in the mail, or try again later.")
    response = page(request, template, frame(None, **values, error=error), 429)
    response.headers["Retry-After"] = str(limit.retry_after)
    return response


def _network(request: HttpRequest) -> str:
    return network_of(str(request.META.get("REMOTE_ADDR", "")))


def _inside(path: str) -> str:
    """A path of the front-office to go to afterwards; nothing else is gone to."""
    return path if _INSIDE.fullmatch(path) else ""
