"""The addresses: the API, the front-office, health."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from kohomai.site import views

# Rooms that are still being built are left out.
_faces = [
    (prefix, module)
    for prefix, module in (("api/v1/", "kohomai.api"), ("", "kohomai.frontoffice"))
    if find_spec(module) is not None and find_spec(f"{module}.urls") is not None
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz),
    *(path(prefix, include(f"{module}.urls")) for prefix, module in _faces),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.not_found
handler500 = views.server_error
