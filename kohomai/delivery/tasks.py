"""What is rarer and heavier, carried by procrastinate: for now, throwing away what has had its time.

Each task deletes in small batches, so that no transaction lasts, and can be run again at any time.
"""

from __future__ import annotations

from django.db import connection
from procrastinate.contrib.django import app

BATCH = 1_000

_CLEAN_UP = {
    # The answers of idempotent calls are kept for 24 hours.
    "kept answers": "DELETE FROM workspaces_keptanswer WHERE (api_key_id, key) IN ("
    " SELECT api_key_id, key FROM workspaces_keptanswer WHERE created_at < now() - interval '24 hours' LIMIT %s)",
    # A link that was used up or too old still leads to the page that offers a fresh one; for a month.
    "links": "DELETE FROM lead_sessions_link WHERE id IN ("
    " SELECT id FROM lead_sessions_link WHERE valid_until < now() - interval '30 days' LIMIT %s)",
    # What was sent for a known address and not applied is thrown away after 24 hours.
    "held data": "DELETE FROM lead_sessions_helddata WHERE id IN ("
    " SELECT id FROM lead_sessions_helddata WHERE valid_until < now() LIMIT %s)",
    "sign-ins": "DELETE FROM lead_sessions_signin WHERE id IN ("
    " SELECT id FROM lead_sessions_signin WHERE last_seen_at < now() - interval '8 days' LIMIT %s)",
    # What was sent to webhooks and answered is kept for a month; that it was told is kept.
    "webhook attempts": "DELETE FROM delivery_webhookattempt WHERE id IN ("
    " SELECT id FROM delivery_webhookattempt WHERE at < now() - interval '30 days' LIMIT %s)",
    # What a mail said is kept for 90 days; that it was written, and what became of it, is kept.
    "texts of mails": "UPDATE delivery_email SET text = '', html = NULL WHERE id IN ("
    " SELECT id FROM delivery_email WHERE text <> '' AND status <> 'Waiting'"
    " AND created_at < now() - interval '90 days' LIMIT %s)",
    # What was asked about leads is kept for three months, answers for as long as their provider's CacheFor says.
    "enrichments": "DELETE FROM datapoints_enrichment WHERE id IN ("
    " SELECT id FROM datapoints_enrichment WHERE created_at < now() - interval '90 days'"
    " AND status <> 'Waiting' LIMIT %s)",
    "enrichment calls": "DELETE FROM datapoints_enrichmentcall WHERE id IN ("
    " SELECT id FROM datapoints_enrichmentcall WHERE at < now() - interval '90 days' LIMIT %s)",
    "provider answers": "DELETE FROM datapoints_provideranswer WHERE id IN ("
    " SELECT id FROM datapoints_provideranswer WHERE until < now() LIMIT %s)",
    # A file of companies whose sender has gone in the middle of it.
    "uploads that never arrived": "UPDATE leads_directoryupload"
    " SET status = 'Failed', error = 'It did not arrive whole.', todo = true WHERE id IN ("
    " SELECT id FROM leads_directoryupload"
    " WHERE status = 'Receiving' AND changed_at < now() - interval '6 hours' LIMIT %s)",
    "codes": "DELETE FROM lead_sessions_signincode WHERE id IN ("
    " SELECT id FROM lead_sessions_signincode WHERE valid_until < now() - interval '1 day' LIMIT %s)",
    "limits": "DELETE FROM lead_sessions_ratelimit WHERE id IN ("
    " SELECT id FROM lead_sessions_ratelimit WHERE window_start < now() - interval '1 day' LIMIT %s)",
}


@app.periodic(cron="*/10 * * * *")
@app.task(
    queue="kohomai",
    name="kohomai.clean_up",
    lock="kohomai.clean_up",
    queueing_lock="kohomai.clean_up",
    pass_context=False,
)
def clean_up(timestamp: int) -> None:
    """Throw away kept answers, links, held data, codes and sign-ins that are too old."""
    delete_old()


def delete_old() -> dict[str, int]:
    """Delete what has had its time; how many rows of what."""
    return {what: _delete(sql) for what, sql in _CLEAN_UP.items()}


def _delete(sql: str) -> int:
    deleted = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql, [BATCH])
            deleted += cursor.rowcount
            if cursor.rowcount < BATCH:
                return deleted
