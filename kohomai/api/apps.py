"""How Django finds this room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The API; it has no tables."""

    name = "kohomai.api"
    label = "api"
