"""How Django finds this room."""

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    """Journeys, activities, events."""

    name = "kohomai.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"
