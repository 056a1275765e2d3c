"""How Django finds this room."""

from typing import Any

from django.apps import AppConfig

from kohomai.workspaces.signals import workspace_created


class DataPointsConfig(AppConfig):
    """Data points and their values; enrichment providers."""

    name = "kohomai.datapoints"
    label = "datapoints"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the system's data points into each new workspace."""
        workspace_created.connect(_make_system_points, dispatch_uid="system data points")


def _make_system_points(*, workspace_id: int, **_: Any) -> None:
    from kohomai.datapoints.services import make_system_points

    make_system_points(workspace_id)
