"""The relay's mark, rows of work, and the outbox."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kohomai.journeys.models import Xid8Field


class RelayMark(models.Model):
    """How far a follower of the events has come, in order of (xid, id)."""

    name = models.CharField(max_length=40, primary_key=True)
    xid = Xid8Field()
    event_id = models.BigIntegerField()


class ActivityRun(models.Model):
    """An automatic activity to run: a row of work with a state and a next time. ``lane`` says which activity
    of which funnel it is, where that calls somebody; it is empty for all others of the workspace."""

    workspace_id = models.BigIntegerField(db_index=True)
    lane = models.CharField(max_length=130, db_default="")
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
            models.Index(
                fields=["workspace_id", "lane", "next_at"],
                name="activity_run_lane",
                condition=models.Q(status="Waiting"),
            ),
        )


class WebhookEndpoint(models.Model):
    """An address that a workspace wants to be told at. Its ``id`` is of the same series as those of leads' own
    webhooks, so that either is named by one number.

    ``events`` ``None`` means all. ``secret`` is sealed; ``former_secrets`` are those that were rotated away and
    still sign (``{"Secret": sealed, in base 64, "Until"}``). Told is what happens in transactions from
    ``since_xid`` on (made, enabled again, other events). ``failing_since`` is when the first of the attempts
    failed that have all failed since.
    """

    id = models.BigIntegerField(primary_key=True)
    workspace_id = models.BigIntegerField(db_index=True)
    url = models.CharField(max_length=2000)
    events = models.JSONField(null=True)
    secret = models.BinaryField()
    former_secrets = models.JSONField(default=list)
    since_xid = Xid8Field(db_default=models.Func(function="pg_current_xact_id"))
    failing_since = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.CharField(max_length=20, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=models.functions.Now())
    changed_at = models.DateTimeField(db_default=models.functions.Now())


class WebhookDelivery(models.Model):
    """An event to be told to an address: one row per event and webhook; a test has no event.

    ``webhook_id`` is an endpoint's or a lead's own webhook's. Deliveries of one ``lane`` (an endpoint; for leads'
    own, the workspace and the host) share the places there are for calls at the same time. A row that is being
    sent is one whose ``next_at`` lies ahead: it is its lease.
    """

    workspace_id = models.BigIntegerField()
    event_id = models.BigIntegerField(null=True)
    lead_id = models.BigIntegerField(null=True)
    journey_id = models.BigIntegerField(null=True)
    webhook_id = models.BigIntegerField()
    lane = models.BigIntegerField(default=0)
    status = models.CharField(max_length=10, default="Waiting")
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["event_id", "webhook_id"], name="webhook_delivery_unique"),
        )
        indexes = (
            models.Index(
                fields=["next_at"], name="webhook_delivery_due", condition=models.Q(status="Waiting")
            ),
            models.Index(
                fields=["lane", "next_at"], name="webhook_delivery_lane", condition=models.Q(status="Waiting")
            ),
            # What has not been tried yet, by whom it is about: one is not sent before the one before it.
            models.Index(
                fields=["lane", "lead_id", "event_id"],
                name="webhook_delivery_chain",
                condition=models.Q(status="Waiting", tries=0),
            ),
            models.Index(fields=["webhook_id", "id"], name="webhook_delivery_list"),
            models.Index(fields=["lead_id"], name="webhook_delivery_of_lead"),
        )


class WebhookAttempt(models.Model):
    """One call of an address: what was sent, what was answered (``answer``: its first 4 KB), what went wrong."""

    workspace_id = models.BigIntegerField()
    delivery_id = models.BigIntegerField()
    number = models.SmallIntegerField()
    at = models.DateTimeField()
    took_ms = models.IntegerField()
    url = models.CharField(max_length=2000)
    headers = models.JSONField()
    body = models.TextField()
    status = models.SmallIntegerField(null=True)
    answer = models.TextField(null=True)  # noqa: DJ001
    error = models.CharField(max_length=300, null=True)  # noqa: DJ001

    class Meta:
        indexes = (
            models.Index(fields=["delivery_id", "id"], name="webhook_attempt_list"),
            models.Index(fields=["at"], name="webhook_attempt_age"),
        )


class WebhookReplay(models.Model):
    """Events to be told once more: all that an endpoint wants from ``since`` on, up to where the relay had come.

    ``xid`` and ``event_id`` are the place up to which it is done; they are found when it is begun.
    """

    workspace_id = models.BigIntegerField()
    webhook_id = models.BigIntegerField()
    since = models.DateTimeField()
    xid = Xid8Field(null=True)
    event_id = models.BigIntegerField(null=True)
    until_xid = Xid8Field(null=True)
    until_event_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())


class Email(models.Model):
    """A mail of the outbox. ``dedup`` makes the same cause write one mail only.

    ``status``: ``Kept`` (there was no SMTP server when it was written: it is only read here), ``Waiting`` (to be
    sent, at ``next_at``; one that is being sent is one whose ``next_at`` lies ahead: it is its lease), ``Sent``,
    ``Failed``, ``Bounced``, ``Suppressed`` (the person has unsubscribed). ``category`` is what can be unsubscribed
    from; a necessary mail has none. ``text`` and ``html`` are sealed, and thrown away when they are old.
    """

    workspace_id = models.BigIntegerField()
    lead_id = models.BigIntegerField(null=True, db_index=True)
    journey_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40)
    category = models.CharField(max_length=20, null=True)  # noqa: DJ001
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(null=True)  # noqa: DJ001
    language = models.CharField(max_length=8, default="en")
    status = models.CharField(max_length=10, default="Kept")
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=1000, null=True)  # noqa: DJ001
    dedup = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=models.functions.Now())
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["workspace_id", "id"], name="email_list"),
            models.Index(fields=["next_at"], name="email_due", condition=models.Q(status="Waiting")),
            models.Index(
                fields=["workspace_id", "next_at"],
                name="email_due_of_workspace",
                condition=models.Q(status="Waiting"),
            ),
            models.Index(fields=["created_at"], name="email_age", condition=~models.Q(text="")),
        )


class Notice(models.Model):
    """Somebody is to be told of something by mail: one row for each person and kind of mail.

    ``person`` is ``lead-<id>``, ``user-<id>`` or ``address-<address in lower case>``. ``events`` are those to be told
    of, the newest thousand of ``count``, ``since`` when the first of them happened. At ``due_at`` it is looked at
    what there is to tell by then; what is being looked at is due again when its lease ends. ``put_off`` says that
    what happens meanwhile makes nobody look sooner.
    """

    workspace_id = models.BigIntegerField()
    person = models.CharField(max_length=270)
    kind = models.CharField(max_length=40)
    events = ArrayField(models.BigIntegerField())
    count = models.IntegerField()
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    put_off = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "person", "kind"], name="notice_unique"),
        )
        indexes = (models.Index(fields=["due_at"], name="notice_due"),)


class SmtpServer(models.Model):
    """The mail server a workspace sends by. ``password`` is sealed; ``bounce_address`` is where reports go."""

    workspace_id = models.BigIntegerField(primary_key=True)
    host = models.CharField(max_length=253)
    port = models.IntegerField()
    security = models.CharField(max_length=8)
    username = models.CharField(max_length=320, null=True)  # noqa: DJ001
    password = models.BinaryField(null=True)
    from_address = models.CharField(max_length=254)
    from_name = models.CharField(max_length=200, null=True)  # noqa: DJ001
    reply_to = models.CharField(max_length=254, null=True)  # noqa: DJ001
    bounce_address = models.CharField(max_length=254, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=models.functions.Now())
    changed_at = models.DateTimeField(db_default=models.functions.Now())


class EmailTemplate(models.Model):
    """A workspace's own words for one kind of mail in one language."""

    workspace_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField()
    created_at = models.DateTimeField(db_default=models.functions.Now())
    changed_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["workspace_id", "kind", "language"], name="email_template_unique"
            ),
        )


class Unsubscribed(models.Model):
    """Somebody who wants no more mails of a category. ``digest`` stands for the address, which is not kept here, so
    that erasure need not forget what somebody did not want."""

    workspace_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    category = models.CharField(max_length=20)
    lead_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["workspace_id", "digest", "category"], name="unsubscribed_unique"
            ),
        )
        indexes = (models.Index(fields=["workspace_id", "id"], name="unsubscribed_list"),)
