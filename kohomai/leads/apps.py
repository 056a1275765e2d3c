"""How Django finds this room."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Leads and their attribution."""

    name = "kohomai.leads"
    label = "leads"
    default_auto_field = "django.db.models.BigAutoField"
