"""Data points and the names, present and former, by which they are found."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


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
