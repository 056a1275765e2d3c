"""How Django finds this room."""

from django.apps import AppConfig


class DataPointsConfig(AppConfig):
    """Data points and their values; enrichment providers."""

    name = "kohomai.datapoints"
    label = "datapoints"
    default_auto_field = "django.db.models.BigAutoField"
