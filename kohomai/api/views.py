"""What is public: the OpenAPI document, and the pages that show it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kohomai.api.answers import MethodNotAllowed, raw_answer
from kohomai.api.door import allow_header, guarded
from kohomai.api.openapi import document_bytes
from kohomai.engine.errors import NotFound

_READ = allow_header(("GET",))


def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document; public."""

    def work() -> HttpResponse:
        _only_read(request)
        return raw_answer(document_bytes(), headers={"Cache-Control": "public, max-age=60"})

    return guarded(request, work)


def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own files; deep links lead to an operation (``#/leads/post_leads``)."""

    def work() -> HttpResponse:
        _only_read(request)
        return render(request, "api/docs.html")

    return guarded(request, work)


docs.csrf_exempt = True  # type: ignore[attr-defined]  # it takes no form: other methods are 405


def not_found(request: HttpRequest) -> HttpResponse:
    """Whatever else is asked for below ``/api``."""

    def work() -> HttpResponse:
        raise NotFound("There is nothing at this address.")

    return guarded(request, work)


def _only_read(request: HttpRequest) -> None:
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed(_READ)
