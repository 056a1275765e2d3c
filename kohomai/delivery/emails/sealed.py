"""What mails say, as it is kept: sealed, since it has links in it that sign somebody in, and codes."""

from __future__ import annotations

from base64 import b64decode, b64encode

from kohomai.workspaces.secrets import seal_with_site_key, unseal_with_site_key

_MARK = "sealed:"


def seal(text: str) -> str:
    """``text`` as it is kept; what is empty stays so."""
    return _MARK + b64encode(seal_with_site_key(text.encode())).decode() if text else ""


def unseal(kept: str) -> str:
    """What ``seal`` was given; what was kept before anything was sealed is given as it is.

    Raises ``ValueError`` when the site's key is another one now.
    """
    if not kept.startswith(_MARK):
        return kept
    return unseal_with_site_key(b64decode(kept[len(_MARK) :])).decode()
