"""The addresses: health, the API, the front-office."""

from __future__ import annotations

from django.urls import include, path

from kohomai.site import views

urlpatterns = [
    path("healthz", views.healthz),
    path("api/v1/", include("kohomai.api.urls")),
    path("", include("kohomai.frontoffice.urls")),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.not_found
handler500 = views.server_error
