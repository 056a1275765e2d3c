"""How Django finds this room."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """The relay, rows of work, the outbox."""

    name = "kohomai.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"
