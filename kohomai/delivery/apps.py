"""How Django finds this room."""

from typing import Any

from django.apps import AppConfig

from kohomai.workspaces.signals import member_changed


class DeliveryConfig(AppConfig):
    """The relay, rows of work, the outbox."""

    name = "kohomai.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Look again at what a user is to be told of when they want to be told in another way."""
        member_changed.connect(_look_again, dispatch_uid="notices")


def _look_again(*, workspace_id: int, user_id: int, **_: Any) -> None:
    from kohomai.delivery.notifications.rows import look_again

    look_again(workspace_id, user_id)
