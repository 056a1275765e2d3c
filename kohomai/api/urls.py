"""The paths below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path, re_path

from kohomai.api import routes, views

urlpatterns = [
    *routes.urlpatterns(),
    path("openapi.json", views.openapi),
    path("docs", views.docs),
    re_path("^", views.not_found),
]
