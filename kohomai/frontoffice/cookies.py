"""The front-office's own cookie: who is signed in. The back-office has another one."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from kohomai.sessions.sign_in import IDLE
from kohomai.workspaces.secrets import seal_with_site_key, unseal_with_site_key

NAME = "kohomai_front"
ASKED = "kohomai_front_asked"
_ASKED_FOR = 15 * 60


def read(request: HttpRequest) -> str | None:
    """The cookie's value as the browser sent it."""
    return request.COOKIES.get(NAME)


def write(response: HttpResponse, value: str) -> None:
    """Set the cookie, for seven days without a request."""
    response.set_cookie(
        NAME,
        value,
        max_age=int(IDLE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def forget(response: HttpResponse) -> None:
    """Take the cookie back."""
    response.delete_cookie(NAME, samesite="Lax")


def remember_asked(response: HttpResponse, address: str, own: bool) -> None:
    """Keep, for the page that takes the code, whose code it is. Signed; ``own`` says that the person typed
    the address themselves, and may see it again."""
    value = signing.dumps({"a": _sealed(address), "o": own}, salt=ASKED)
    response.set_cookie(
        ASKED,
        value,
        max_age=_ASKED_FOR,
        path="/f/login",
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def asked(request: HttpRequest) -> tuple[str, bool] | None:
    """What ``remember_asked`` kept, if it is not too old."""
    try:
        kept = signing.loads(request.COOKIES.get(ASKED, ""), salt=ASKED, max_age=_ASKED_FOR)
        return _unsealed(kept["a"]), bool(kept["o"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def _sealed(address: str) -> str:
    # Whoever holds an old link is not told the address it belongs to, so it does not lie open in the cookie.
    return seal_with_site_key(address.encode()).hex()


def _unsealed(sealed: str) -> str:
    return unseal_with_site_key(bytes.fromhex(sealed)).decode()
