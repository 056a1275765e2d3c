"""The set-based statements that write leads; each takes one JSON array of rows."""

from __future__ import annotations

from kohomai.workspaces.sql import statement

INSERT_LEADS = statement(__file__, "insert_leads")
UPDATE_LEADS = statement(__file__, "update_leads")
PUT_WEBHOOKS = statement(__file__, "put_webhooks")
WEBHOOKS_OFF = statement(__file__, "webhooks_off")
