"""API keys that are tied to origins."""

from __future__ import annotations

from datetime import datetime

from kohomai.engine.errors import Fault
from kohomai.funnels.origins import check_refs
from kohomai.workspaces import keys
from kohomai.workspaces.models import ApiKey


def create_key(
    workspace_id: int,
    *,
    name: object,
    kind: object = ApiKey.Kind.SECRET.value,
    origins: object = None,
    web_origins: object = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new API key and, this once, the key itself; ``origins`` are references of the workspace's API origins.

    Raises ``Invalid`` with every fault.
    """
    faults: list[Fault] = []
    refs = check_refs(workspace_id, origins, "/Origins", faults) if origins is not None else []
    pages = web_origins if web_origins is not None else []
    if not isinstance(pages, list):
        faults.append(Fault("/WebOrigins", "WrongType", "WebOrigins must be a list."))
        pages = []
    return keys.create(
        workspace_id,
        name=name,
        kind=kind,
        origin_refs=refs,
        web_origins=pages,
        expires_at=expires_at,
        faults=faults,
    )
