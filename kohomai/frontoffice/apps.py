"""How Django finds this room."""

from django.apps import AppConfig


class FrontOfficeConfig(AppConfig):
    """Pages under /f/ and the way in by a link; no tables of its own."""

    name = "kohomai.frontoffice"
    label = "frontoffice"
