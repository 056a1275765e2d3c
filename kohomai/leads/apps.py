"""How Django finds this room."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Leads and their attribution."""

    name = "kohomai.leads"
    label = "leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the tests of funnels know what follows from an address."""
        from kohomai.funnels.versions import derive_by
        from kohomai.leads.derived import derive

        derive_by(derive)
