"""What the rooms above are told of."""

from __future__ import annotations

from django.dispatch import Signal

workspace_created = Signal()
"""A workspace has been made, in the transaction that makes it; ``workspace_id`` says which. The rooms above
put into it what is always there (the system data points)."""

member_changed = Signal()
"""A member's role, or how they take part, was changed, in the transaction that changes it; ``workspace_id`` and
``user_id`` say whose."""
