"""The relay's mark, rows of work, and the outbox."""

from __future__ import annotations

from django.db import models

from kohomai.journeys.models import Xid8Field


class RelayMark(models.Model):
    """How far a follower of the events has come, in order of (xid, id)."""

    name = models.CharField(max_length=40, primary_key=True)
    xid = Xid8Field()
    event_id = models.BigIntegerField()


class ActivityRun(models.Model):
    """An automatic activity to run: a row of work with a state and a next time."""

    workspace_id = models.BigIntegerField(db_index=True)
    journey_id = models.BigIntegerField()
    lead_id = models.BigIntegerField()
    key = models.CharField(max_length=100)
    visit = models.IntegerField()
    attempt = models.IntegerField()
    run = models.IntegerField(default=0)
    status = models.CharField(max_length=10, default="Waiting")
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    last_error = models.CharField(max_length=1000, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["journey_id", "key", "visit", "attempt", "run"], name="activity_run_unique"
            ),
        )
        indexes = (
            models.Index(fields=["next_at"], name="activity_run_due", condition=models.Q(status="Waiting")),
        )


class EnrichmentRun(models.Model):
    """A provider to be asked about a lead: a row of work with a state and a next time."""

    workspace_id = models.BigIntegerField(db_index=True)
    lead_id = models.BigIntegerField()
    provider = models.CharField(max_length=100)
    event_id = models.BigIntegerField()
    status = models.CharField(max_length=10, default="Waiting")
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    last_error = models.CharField(max_length=1000, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["event_id", "provider"], name="enrichment_run_unique"),)
        indexes = (
            models.Index(fields=["next_at"], name="enrichment_run_due", condition=models.Q(status="Waiting")),
        )


class WebhookDelivery(models.Model):
    """An event to be told to an address: one row per event and endpoint."""

    workspace_id = models.BigIntegerField(db_index=True)
    event_id = models.BigIntegerField()
    lead_id = models.BigIntegerField()
    journey_id = models.BigIntegerField(null=True)
    lead_webhook_id = models.BigIntegerField()
    status = models.CharField(max_length=10, default="Waiting")
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["event_id", "lead_webhook_id"], name="webhook_delivery_unique"),
        )
        indexes = (
            models.Index(fields=["next_at"], name="webhook_delivery_due", condition=models.Q(status="Waiting")),
        )


class Email(models.Model):
    """A mail of the built-in outbox. ``dedup`` makes the same cause write one mail only."""

    workspace_id = models.BigIntegerField()
    lead_id = models.BigIntegerField(null=True, db_index=True)
    journey_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(null=True)  # noqa: DJ001
    language = models.CharField(max_length=8, default="en")
    status = models.CharField(max_length=10, default="Waiting")
    dedup = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=models.functions.Now())
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["workspace_id", "id"], name="email_list"),)
