"""How Django finds this room."""

from django.apps import AppConfig


class FunnelsConfig(AppConfig):
    """Funnels, versions, origins."""

    name = "kohomai.funnels"
    label = "funnels"
    default_auto_field = "django.db.models.BigAutoField"
