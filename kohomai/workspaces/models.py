"""Workspaces, users, memberships, API keys and kept answers of idempotent calls."""

from __future__ import annotations

from datetime import time
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower


class Role(models.TextChoices):
    """What a person may do. Stakeholders may be external; leads are not users of the back-office."""

    ADMINISTRATOR = "Administrator"
    MANAGER = "Manager"
    STAKEHOLDER = "Stakeholder"


class Workspace(models.Model):
    """The tenant; owns everything else.

    Leads and stakeholders are told by mail of what waits for them, not before a journey has run for
    ``notify_leads_after`` (an ISO 8601 duration; ``None``: never), and not between ``quiet_from`` and ``quiet_until``.
    """

    name = models.CharField(max_length=200)
    default_country = models.CharField(max_length=2, default="US")
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=8, default="en")
    working_days = models.BooleanField(default=False)
    redirect_hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    webhook_secret = models.BinaryField()
    notify_leads_after = models.CharField(max_length=60, null=True, db_default="PT15M")  # noqa: DJ001
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users with a properly hashed password."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A saved user; without a password nobody can sign in as them by one."""
        user = User(email=email, **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """By e-mail, without regard to case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who can sign in. What they may do where is their membership's role."""

    email = models.EmailField(max_length=254)
    firstname = models.CharField(max_length=200, blank=True)
    lastname = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_unique"),)


class Membership(models.Model):
    """A person's role in a workspace, and how they take part in it.

    ``presence`` is ``Available`` or ``Away`` (until ``away_until``, where that is set); ``capacity`` how many leads
    with a running journey they own at most (``None``: any number); ``turn`` grows with each lead they get in turn.
    ``notify`` says how they are told of what waits for them: ``AtOnce``, by a ``Digest`` each day at ``digest_at``, or
    ``Never``; not between ``quiet_from`` and ``quiet_until``, by the clock of ``time_zone``.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    presence = models.CharField(max_length=10, db_default="Available")
    away_until = models.DateTimeField(null=True)
    capacity = models.IntegerField(null=True)
    turn = models.BigIntegerField(db_default=0)
    notify = models.CharField(max_length=10, db_default="AtOnce")
    digest_at = models.TimeField(db_default=time(8))
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    time_zone = models.CharField(max_length=64, null=True)  # noqa: DJ001  (null: the workspace's)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint("workspace", "user", name="membership_unique"),)


class ApiKey(models.Model):
    """A key a program uses; only its digest is kept.

    ``origin_refs`` and ``web_origins`` bind a publishable key to what it may do and from where.
    """

    class Kind(models.TextChoices):
        """Secret keys may do everything; publishable ones only register leads from listed pages."""

        SECRET = "Secret"  # noqa: S105  (the kind of a key is no password)
        PUBLISHABLE = "Publishable"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    hint = models.CharField(max_length=16)
    digest = models.BinaryField(max_length=32, unique=True)
    origin_refs = ArrayField(models.CharField(max_length=40), default=list)
    web_origins = ArrayField(models.CharField(max_length=300), default=list)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)


class KeptAnswer(models.Model):
    """The answer of a call that carried an ``Idempotency-Key``, kept for 24 hours.

    ``answer`` is encrypted with a key derived from the API key that was presented.
    """

    pk = models.CompositePrimaryKey("api_key_id", "key")
    workspace_id = models.BigIntegerField()
    api_key_id = models.BigIntegerField()
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.SmallIntegerField()
    answer = models.BinaryField()
    lead_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        indexes = (
            models.Index(fields=["created_at"], name="kept_answer_age"),
            models.Index(
                fields=["lead_id"], name="kept_answer_lead", condition=models.Q(lead_id__isnull=False)
            ),
        )


class NamedSecret(models.Model):
    """What a workspace's calls need and nobody is to read: a key of another service, by a name. ``value`` is sealed."""

    workspace_id = models.BigIntegerField()
    name = models.CharField(max_length=60)
    value = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace_id", "name"], name="named_secret_unique"),)
        indexes = (models.Index(fields=["workspace_id", "id"], name="named_secret_list"),)
