"""The names of all events."""

from __future__ import annotations

WEBHOOK_EVENTS = frozenset(
    [
        "lead.registered",
        "lead.updated",
        "lead.merged",
        "lead.enriched",
        "lead.erased",
        "journey.started",
        "journey.stage_entered",
        "journey.waiting",
        "journey.decided",
        "journey.completed",
        "journey.stopped",
        "journey.restarted",
        "journey.migrated",
        "activity.opened",
        "activity.completed",
        "activity.skipped",
        "activity.reopened",
        "activity.reassigned",
        "activity.cancelled",
        "activity.overdue",
        "activity.failed",
        "activity.retried",
        "data.changed",
        "comment.added",
        "session.opened",
        "email.sent",
        "email.failed",
        "email.bounced",
        "webhook.test",
    ]
)
"""What the outside can be told of (contracts, "Webhooks")."""

INTERNAL_EVENTS = frozenset(("activity.reminded", "link.requested"))
"""What only the product itself reads: in no webhook and in no list of the API."""
