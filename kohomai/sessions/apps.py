"""How Django finds this room."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Links into the front-office; its sign-in. (Django has an application named ``sessions`` of its own.)"""

    name = "kohomai.sessions"
    label = "lead_sessions"
    default_auto_field = "django.db.models.BigAutoField"
