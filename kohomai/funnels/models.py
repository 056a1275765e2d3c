"""Funnels, their versions and their origins."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Funnel(models.Model):
    """A workflow of stages, decisions and activities; one draft, and versions that never change.

    ``draft`` is the document with data points by ``Id``; ``draft_revision`` counts its saves (the ETag).
    """

    workspace_id = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=200)
    draft = models.JSONField(default=dict)
    draft_revision = models.IntegerField(default=1)
    current_version = models.IntegerField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (models.Index(fields=["workspace_id", "id"], name="funnel_list"),)


class FunnelVersion(models.Model):
    """A published definition. Immutable: nothing changes a row once it is written."""

    workspace_id = models.BigIntegerField(db_index=True)
    funnel = models.ForeignKey(Funnel, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    definition = models.JSONField()
    failing_tests = models.JSONField(default=list)
    published_by = models.JSONField(default=dict)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["funnel", "number"], name="funnel_version_unique"),)


class Origin(models.Model):
    """A way into a funnel, found by its reference.

    ``data_points`` lists, by ``Id``, what publishable keys and pages may fill in; ``settings`` is the page's.
    """

    class Type(models.TextChoices):
        """The ways in."""

        API = "API"
        PAGE = "Page"
        MANUAL = "Manual"
        IMPORT = "Import"

    workspace_id = models.BigIntegerField(db_index=True)
    funnel = models.ForeignKey(Funnel, on_delete=models.CASCADE, related_name="origins")
    type = models.CharField(max_length=6, choices=Type.choices)
    name = models.CharField(max_length=200)
    ref = models.CharField(max_length=40, unique=True)
    built_in = models.BooleanField(default=False)
    data_points = ArrayField(models.BigIntegerField(), default=list)
    settings = models.JSONField(default=dict)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["funnel", "type"], condition=models.Q(built_in=True), name="origin_built_in_unique"
            ),
        )
