"""Health, and the answers that no room gives: other hosts, errors, the database away."""

from __future__ import annotations

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers; without it the middleware answers 503."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def answer(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    """A problem as JSON under `/api`, as a plain page elsewhere."""
    if not request.path_info.startswith("/api/"):
        context = {"status": status, "title": title, "detail": detail}
        return HttpResponse(render_to_string("site/problem.html", context, request), status=status)
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path_info,
        "errors": [],
    }
    body = (
        orjson.dumps(problem) if is_text(request.path_info) else orjson.dumps({**problem, "instance": "/api"})
    )
    return HttpResponse(body, status=status, content_type="application/problem+json")


def is_text(path: str) -> bool:
    """Whether a path can be written as UTF-8; one with lone surrogates cannot."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def other_host(request: HttpRequest) -> HttpResponse:
    """400: the request names a host that is not KOHOMAI_URL's."""
    return answer(request, 400, "Bad Request", "This host is not served here; KOHOMAI_URL says which one is.")


def database_away(request: HttpRequest) -> HttpResponse:
    """503: the database cannot be reached just now."""
    detail = "The database cannot be reached at the moment. Nothing was stored; please try again."
    response = answer(request, 503, "Service Unavailable", detail)
    response.headers["Retry-After"] = "2"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for what Django itself refuses to read."""
    return answer(request, 400, "Bad Request", "This request cannot be read.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return answer(request, 403, "Forbidden", "This is not allowed.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return answer(request, 404, "Not Found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours; the log has it under the request's id."""
    request_id = getattr(request, "request_id", "")
    return answer(
        request, 500, "Internal Server Error", f"Something went wrong on our side (request {request_id})."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token: too old, or sent from another site."""
    return answer(
        request,
        403,
        "Forbidden",
        "This form is too old or came from elsewhere. Go back, reload and try again.",
    )
