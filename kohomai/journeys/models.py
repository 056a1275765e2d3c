"""Journeys, their activities, and the events they are folded from."""

from __future__ import annotations

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower

from kohomai.workspaces.fields import Xid8Field as Xid8Field


class Journey(models.Model):
    """A lead's way through one version of a funnel.

    ``engine`` holds the engine's own bookkeeping (visits, counters, what is pending), ``data`` the current
    values by data point ``Id``, ``wake_at`` when the clock has something to do. ``exclusive`` is set where
    the funnel's rule allows one running journey per lead only. ``sequence`` and ``hash`` are those of the
    last event.
    """

    workspace_id = models.BigIntegerField()
    lead_id = models.BigIntegerField()
    funnel_id = models.BigIntegerField()
    version = models.IntegerField()
    origin_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=10)
    outcome = models.CharField(max_length=100, null=True)  # noqa: DJ001
    reason = models.CharField(max_length=500, null=True)  # noqa: DJ001
    node = models.CharField(max_length=100, null=True)  # noqa: DJ001
    exclusive = models.BooleanField(default=True)
    data = models.JSONField(default=dict)
    engine = models.JSONField(default=dict)
    attribution = models.JSONField(default=dict)
    redirect_url = models.CharField(max_length=2000, null=True)  # noqa: DJ001
    test = models.BooleanField(default=False)
    sequence = models.IntegerField(default=0)
    hash = models.BinaryField(max_length=32, default=b"")
    wake_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["lead_id", "funnel_id"],
                condition=models.Q(status="InProgress", exclusive=True),
                name="journey_one_running",
            ),
        )
        indexes = (
            models.Index(fields=["workspace_id", "id"], name="journey_list"),
            models.Index(fields=["workspace_id", "changed_at", "id"], name="journey_changed"),
            models.Index(fields=["lead_id", "funnel_id", "id"], name="journey_of_lead"),
            models.Index(fields=["funnel_id", "id"], name="journey_of_funnel"),
            models.Index(fields=["wake_at"], name="journey_wake", condition=models.Q(wake_at__isnull=False)),
        )


class Activity(models.Model):
    """One activity of one visit of a stage, in one attempt."""

    workspace_id = models.BigIntegerField()
    journey_id = models.BigIntegerField()
    node = models.CharField(max_length=100)
    key = models.CharField(max_length=100)
    type = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    visit = models.IntegerField()
    attempt = models.IntegerField()
    status = models.CharField(max_length=10)
    assignee = models.JSONField()
    detail = models.JSONField()
    result = models.JSONField(null=True)
    opened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["journey_id", "key", "visit", "attempt"], name="activity_unique"),
        )
        indexes = (
            # What falls to a stakeholder is found by their address.
            models.Index(
                Lower(KeyTextTransform("Email", "assignee")),
                name="activity_stakeholder",
                condition=models.Q(assignee__Kind="Stakeholder"),
            ),
            # What waits for users of the back-office, by themselves or by their role.
            models.Index(
                fields=["workspace_id"],
                name="activity_waiting_for_user",
                condition=models.Q(status="InProgress", assignee__Kind__in=["Owner", "Role", "User"]),
            ),
        )


class Event(models.Model):
    """One fact of a journey's (or, without a journey, of a lead's) life. Append-only.

    ``digest`` is of salt and payload; ``hash`` chains it to the event before, so that a payload and its
    salt can be emptied while the chain still proves the rest.
    """

    xid = Xid8Field(db_default=models.Func(function="pg_current_xact_id"))
    workspace_id = models.BigIntegerField()
    lead_id = models.BigIntegerField()
    journey_id = models.BigIntegerField(null=True)
    sequence = models.IntegerField()
    type = models.CharField(max_length=40)
    at = models.DateTimeField()
    payload = models.JSONField(null=True)
    salt = models.BinaryField(max_length=16, null=True)
    digest = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["journey_id", "sequence"],
                condition=models.Q(journey_id__isnull=False),
                name="event_journey_sequence",
            ),
            models.UniqueConstraint(
                fields=["lead_id", "sequence"],
                condition=models.Q(journey_id__isnull=True),
                name="event_lead_sequence",
            ),
        )
        indexes = (
            models.Index(fields=["xid", "id"], name="event_relay"),
            models.Index(fields=["workspace_id", "xid", "id"], name="event_follow"),
        )
