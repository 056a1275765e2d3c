"""The lead, its webhooks, and the companies that a workspace knows."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from kohomai.workspaces.fields import Xid8Field


class Lead(models.Model):
    """A person registered in a workspace; ``email_key`` (the e-mail in lower case) is unique in it.

    ``data`` holds what belongs to the person and not to one journey (country, language, enrichment), by
    data point ``Id`` in the stored form of a datum. ``attribution`` is the first touch. ``sequence`` and
    ``hash`` are those of the lead's last own event. ``verified_at`` is when the address was proven.
    """

    workspace_id = models.BigIntegerField()
    email = models.CharField(max_length=254)
    email_key = models.CharField(max_length=254)
    firstname = models.CharField(max_length=200, null=True)  # noqa: DJ001  (never given is not empty)
    lastname = models.CharField(max_length=200, null=True)  # noqa: DJ001
    phone = models.CharField(max_length=20, null=True)  # noqa: DJ001
    owner = models.CharField(max_length=254, null=True)  # noqa: DJ001
    phone_original = models.CharField(max_length=100, null=True)  # noqa: DJ001
    data = models.JSONField(default=dict)
    attribution = models.JSONField(default=dict)
    test = models.BooleanField(default=False)
    verified_at = models.DateTimeField(null=True)
    merged_into_id = models.BigIntegerField(null=True)
    sequence = models.IntegerField(default=0)
    hash = models.BinaryField(max_length=32, default=b"")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "email_key"], name="lead_email_unique"),
        )
        indexes = (
            models.Index(fields=["workspace_id", "id"], name="lead_list"),
            models.Index(fields=["workspace_id", "changed_at", "id"], name="lead_changed"),
            models.Index(
                "workspace_id",
                Lower("owner"),
                name="lead_owner",
                condition=models.Q(owner__isnull=False),
            ),
        )


class LeadWebhook(models.Model):
    """An address that a lead's own program wants to be told at (``WebhookInput``).

    Told is what happens in transactions from ``since_xid`` on (made, enabled again, other events).
    ``failing_since`` is when the first of the attempts failed that have all failed since.
    """

    workspace_id = models.BigIntegerField(db_index=True)
    lead_id = models.BigIntegerField()
    url = models.CharField(max_length=2000)
    events = models.JSONField(null=True)
    secret = models.BinaryField(null=True)
    since_xid = Xid8Field(db_default=models.Func(function="pg_current_xact_id"))
    failing_since = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=20, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=models.functions.Now())
    changed_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["lead_id", "url"], name="lead_webhook_unique"),)


# --- the company directory ----------------------------------------------------------------------------------


class Directory(models.Model):
    """The company directory that a workspace has now: the companies that came with an upload."""

    workspace_id = models.BigIntegerField(primary_key=True)
    upload_id = models.BigIntegerField()
    companies = models.IntegerField()
    since = models.DateTimeField()


class Company(models.Model):
    """A company of an upload, known by its domain (lower case, ASCII)."""

    pk = models.CompositePrimaryKey("workspace_id", "upload_id", "domain")
    workspace_id = models.BigIntegerField()
    upload_id = models.BigIntegerField()
    domain = models.CharField(max_length=253)
    name = models.CharField(max_length=200, null=True)  # noqa: DJ001
    size = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    revenue = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, null=True)  # noqa: DJ001
    industry = models.CharField(max_length=200, null=True)  # noqa: DJ001
    sector = models.CharField(max_length=200, null=True)  # noqa: DJ001


class DirectoryUpload(models.Model):
    """A file of companies, and how far its import has come.

    ``columns`` says for each column of the file which of ours it is (``None``: none), ``position`` up to which byte and
    ``line`` up to which line it was read. ``todo``: something is to be done about it in the background, be it only to
    delete what is left of it.
    """

    workspace_id = models.BigIntegerField()
    status = models.CharField(max_length=10)
    size = models.BigIntegerField(default=0)
    encoding = models.CharField(max_length=10, default="utf-8")
    separator = models.CharField(max_length=1)
    columns = models.JSONField()
    ignored = models.JSONField(default=list)
    position = models.BigIntegerField(default=0)
    line = models.IntegerField(default=0)
    imported = models.IntegerField(default=0)
    faulty = models.IntegerField(default=0)
    error = models.CharField(max_length=300, null=True)  # noqa: DJ001
    todo = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    changed_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["workspace_id", "id"], name="directory_upload_list"),
            models.Index(fields=["changed_at"], name="directory_upload_todo", condition=models.Q(todo=True)),
        )


class DirectoryChunk(models.Model):
    """A piece of an upload's file that has not been read yet."""

    pk = models.CompositePrimaryKey("upload_id", "number")
    workspace_id = models.BigIntegerField()
    upload_id = models.BigIntegerField()
    number = models.IntegerField()
    data = models.BinaryField()


class DirectoryFault(models.Model):
    """A line of an upload's file that is not in the directory, and why; the first ones."""

    workspace_id = models.BigIntegerField()
    upload_id = models.BigIntegerField()
    line = models.IntegerField()
    column = models.CharField(max_length=20, null=True)  # noqa: DJ001
    code = models.CharField(max_length=20)
    detail = models.CharField(max_length=300)

    class Meta:
        indexes = (models.Index(fields=["upload_id", "id"], name="directory_fault_list"),)
