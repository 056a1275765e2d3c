"""How Django finds this room."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Workspaces, users, roles, API keys."""

    name = "kohomai.workspaces"
    label = "workspaces"
    default_auto_field = "django.db.models.BigAutoField"
