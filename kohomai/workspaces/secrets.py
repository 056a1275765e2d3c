"""Encryption of what is kept but must not be readable in the database alone."""

from __future__ import annotations

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_FORMAT = b"\x01"
_NONCE_BYTES = 12


def seal(plain: bytes, secret: bytes) -> bytes:
    """``plain`` encrypted and authenticated (AES-256-GCM, its key derived from ``secret`` by HKDF)."""
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + _cipher(secret).encrypt(nonce, plain, _FORMAT)


def unseal(sealed: bytes, secret: bytes) -> bytes:
    """What ``seal`` was given. Raises ``ValueError`` when it was sealed with another secret, or was changed."""
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    if sealed[:1] != _FORMAT or len(nonce) != _NONCE_BYTES:
        raise ValueError("this is nothing that was sealed here")
    try:
        return _cipher(secret).decrypt(nonce, body, _FORMAT)
    except InvalidTag:
        raise ValueError("sealed with another secret, or changed since") from None


@lru_cache(maxsize=1_024)
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kohomai sealing 1").derive(secret))


def seal_with_site_key(plain: bytes) -> bytes:
    """``plain`` sealed with ``KOHOMAI_SECRET_KEY``."""
    return seal(plain, settings.SECRET_KEY.encode())


def unseal_with_site_key(sealed: bytes) -> bytes:
    """What ``seal_with_site_key`` was given. Raises ``ValueError`` when the site's key is another one now."""
    return unseal(bytes(sealed), settings.SECRET_KEY.encode())
