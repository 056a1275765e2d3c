"""Links good once, the front-office's signed-in sessions, and what waits for an address to be proven."""

from __future__ import annotations

from django.db import models


class Link(models.Model):
    """A one-time link into the front-office; only the digest of its UUID is kept.

    ``mailed`` links never submit themselves. ``verified`` says whether using it proves the address.
    ``code_digest`` belongs to the 6-digit code mailed with it, ``held_data_id`` to what it would apply.
    """

    workspace_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=32, unique=True)
    lead_id = models.BigIntegerField(null=True)
    email = models.CharField(max_length=254, null=True)  # noqa: DJ001  (a stakeholder's)
    journey_id = models.BigIntegerField(null=True)
    redirect_url = models.CharField(max_length=2000, null=True)  # noqa: DJ001
    mailed = models.BooleanField(default=False)
    verified = models.BooleanField(default=True)
    held_data_id = models.BigIntegerField(null=True)
    valid_until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["lead_id"], name="link_lead"),
            models.Index(fields=["valid_until"], name="link_age"),
        )


class SignIn(models.Model):
    """Somebody signed in at the front-office: a lead (``lead_id``) or a stakeholder (``email``)."""

    workspace_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=32, unique=True)
    lead_id = models.BigIntegerField(null=True)
    email = models.CharField(max_length=254, null=True)  # noqa: DJ001
    journey_id = models.BigIntegerField(null=True)
    redirect_url = models.CharField(max_length=2000, null=True)  # noqa: DJ001
    verified = models.BooleanField(default=True)
    last_seen_at = models.DateTimeField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["lead_id"], name="sign_in_lead"),
            models.Index(fields=["last_seen_at"], name="sign_in_age"),
        )


class SignInCode(models.Model):
    """The 6-digit codes and tries of one address, so that five tries in all are counted per address.

    ``address_key`` is a keyed digest of the address: an address that nobody knows gets a row as well, so
    that known and unknown ones behave alike, and is not kept by it.
    """

    workspace_id = models.BigIntegerField(null=True)
    address_key = models.CharField(max_length=254, db_index=True)
    lead_id = models.BigIntegerField(null=True)
    digest = models.BinaryField(max_length=32)
    tries = models.SmallIntegerField(default=0)
    valid_until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()


class HeldData(models.Model):
    """What a publishable key or a page sent for a known address, kept aside until its owner applies it.

    ``body`` is encrypted; it is dropped when applied, and after 24 hours.
    """

    workspace_id = models.BigIntegerField(db_index=True)
    lead_id = models.BigIntegerField(db_index=True)
    funnel_id = models.BigIntegerField()
    origin_id = models.BigIntegerField()
    body = models.BinaryField(null=True)
    valid_until = models.DateTimeField(db_index=True)
    applied_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()


class RateLimit(models.Model):
    """How often something was done within one window of time, for limits that all processes share.

    ``name`` says what is limited and for whom (a network, an address), as a keyed digest.
    """

    name = models.CharField(max_length=100)
    window_start = models.DateTimeField(db_index=True)
    count = models.IntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["name", "window_start"], name="rate_limit_unique"),)
