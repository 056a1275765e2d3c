"""How Django finds this room."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Leads and their attribution."""

    name = "kohomai.leads"
    label = "leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the tests of funnels know what follows from an address, and enrichment ask the company directory."""
        from kohomai.datapoints.providers import BEFORE
        from kohomai.funnels.versions import derive_by
        from kohomai.leads.derived import derive
        from kohomai.leads.directory.lookup import provider_of

        derive_by(derive)
        if provider_of not in BEFORE:
            BEFORE.append(provider_of)
