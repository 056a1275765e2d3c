"""Data points and the names by which they are found; and what enrichment keeps: the services a workspace asks, the
runs, each question put, the answers kept, the months."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class DataPointType(models.TextChoices):
    """The types a data point can have."""

    TEXT = "Text"
    NUMBER = "Number"
    AMOUNT = "Amount"
    DATE = "Date"
    DATE_TIME = "DateTime"
    YES_NO = "YesNo"
    CHOICE = "Choice"
    DOCUMENT = "Document"


class DataPoint(models.Model):
    """A named, typed piece of information. System ones (``system``) are there in every workspace."""

    workspace_id = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=8, choices=DataPointType.choices)
    choices = ArrayField(models.CharField(max_length=200), default=list)
    description = models.CharField(max_length=1000, blank=True)
    system = models.BooleanField(default=False)
    used_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (models.Index(fields=["workspace_id", "id"], name="data_point_list"),)


class DataPointName(models.Model):
    """A name by which a data point is known, now or formerly; unique without regard to case."""

    workspace_id = models.BigIntegerField()
    name_key = models.CharField(max_length=200)
    data_point = models.ForeignKey(DataPoint, on_delete=models.CASCADE, related_name="names")
    current = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "name_key"], name="data_point_name_unique"),
        )


# --- enrichment ---------------------------------------------------------------------------------------------


class HttpProvider(models.Model):
    """An HTTP service that a workspace asks about its leads.

    ``url`` and the texts in ``body`` are Liquid; ``headers`` is sealed. ``mapping`` is a list of ``{"Id": data point,
    "Path": JSONPath, "Currency"}``. ``cache_for`` is in seconds, ``cost`` and ``monthly_budget`` in ``currency``.
    ``version`` counts the changes after which what it answered before says nothing any more. Until ``paused_until`` it
    has asked not to be called.
    """

    workspace_id = models.BigIntegerField()
    name = models.CharField(max_length=80)
    name_key = models.CharField(max_length=80)
    url = models.CharField(max_length=2000)
    method = models.CharField(max_length=6, default="GET")
    headers = models.BinaryField(default=b"")
    body = models.JSONField(null=True)
    mapping = models.JSONField(default=list)
    time_limit = models.FloatField(default=5.0)
    cache_for = models.IntegerField(default=0)
    rate_limit = models.IntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)  # noqa: DJ001
    cost = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    monthly_budget = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    active = models.BooleanField(default=True)
    position = models.IntegerField()
    version = models.IntegerField(default=1)
    paused_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "name_key"], name="http_provider_unique"),
        )
        indexes = (models.Index(fields=["workspace_id", "position", "id"], name="http_provider_order"),)


class Enrichment(models.Model):
    """A run: a lead is to be found out about. A row of work with a state and a next time.

    ``sought`` are the data points wanted at first, ``remaining`` those neither found nor given up yet; ``provider`` is
    the key of the one whose turn it is (empty: nobody's). ``allowed`` names the providers that may be asked, where not
    all may. ``anew``: what is known by enrichment is asked for again, and no answer that was kept is used. ``mark``
    keeps the same cause from making two. ``call_id`` is the question that waits for its turn.
    """

    workspace_id = models.BigIntegerField()
    lead_id = models.BigIntegerField()
    mark = models.CharField(max_length=300, null=True, unique=True)  # noqa: DJ001
    cause = models.CharField(max_length=10)
    sought = ArrayField(models.BigIntegerField())
    remaining = ArrayField(models.BigIntegerField())
    provider = models.CharField(max_length=100)
    allowed = ArrayField(models.CharField(max_length=100), null=True)
    anew = models.BooleanField(default=False)
    call_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=10, default="Waiting")
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    last_error = models.CharField(max_length=300, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["next_at"], name="enrichment_due", condition=Q(status="Waiting")),
            models.Index(
                fields=["provider", "next_at"], name="enrichment_lane", condition=Q(status="Waiting")
            ),
            models.Index(fields=["lead_id", "id"], name="enrichment_of_lead"),
            models.Index(fields=["created_at"], name="enrichment_age"),
        )


class EnrichmentCall(models.Model):
    """One question put to one provider, and what came of it. ``http_provider_id`` is only there where a service was
    called, ``at`` then the moment of its turn; no run and no lead where it was only tried out."""

    workspace_id = models.BigIntegerField()
    enrichment_id = models.BigIntegerField(null=True)
    lead_id = models.BigIntegerField(null=True)
    provider = models.CharField(max_length=100)
    name = models.CharField(max_length=80)
    http_provider_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    asked = ArrayField(models.BigIntegerField())
    found = ArrayField(models.BigIntegerField(), null=True)
    cached = models.BooleanField(default=False)
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=300, null=True)  # noqa: DJ001
    took_ms = models.IntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)  # noqa: DJ001
    cost = models.DecimalField(max_digits=19, decimal_places=4, null=True)

    class Meta:
        indexes = (
            models.Index(fields=["enrichment_id", "id"], name="enrichment_call_list"),
            # The last calls of a service: how soon it may be called again.
            models.Index(
                fields=["http_provider_id", "at"],
                name="enrichment_call_turn",
                condition=Q(http_provider_id__isnull=False),
            ),
            models.Index(fields=["lead_id"], name="enrichment_call_of_lead"),
            models.Index(fields=["at"], name="enrichment_call_age"),
        )


class ProviderAnswer(models.Model):
    """What a service answered, kept for as long as its ``cache_for`` says: ``found`` by data point ``Id``, as stored.

    ``key`` is a hash of what was asked. ``lead_id`` is there where the question told more of the lead than its domain.
    """

    workspace_id = models.BigIntegerField()
    http_provider_id = models.BigIntegerField()
    key = models.BinaryField(max_length=32)
    lead_id = models.BigIntegerField(null=True)
    found = models.JSONField()
    error = models.CharField(max_length=300, null=True)  # noqa: DJ001
    until = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["http_provider_id", "key"], name="provider_answer_unique"),
        )
        indexes = (
            models.Index(
                fields=["lead_id"], name="provider_answer_of_lead", condition=Q(lead_id__isnull=False)
            ),
            models.Index(fields=["until"], name="provider_answer_age"),
        )


class ProviderMonth(models.Model):
    """What a provider did for a workspace in a month (``month`` is its first day, in UTC): how often it was asked,
    found something, found nothing, failed; how often an answer that was kept did; what it cost."""

    pk = models.CompositePrimaryKey("workspace_id", "provider", "month")
    workspace_id = models.BigIntegerField()
    provider = models.CharField(max_length=100)
    month = models.DateField()
    calls = models.IntegerField(default=0)
    hits = models.IntegerField(default=0)
    misses = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    cached = models.IntegerField(default=0)
    cost = models.DecimalField(max_digits=19, decimal_places=4, default=0)
