"""What is sealed can be read with the same secret only, and not be changed unseen."""

from __future__ import annotations

import pytest

from kohomai.workspaces.idempotency import open_answer, seal_answer
from kohomai.workspaces.secrets import seal, unseal


def test_sealed_and_unsealed() -> None:
    sealed = seal(b"plain", b"secret")
    assert b"plain" not in sealed
    assert unseal(sealed, b"secret") == b"plain"
    assert seal(b"plain", b"secret") != sealed


def test_another_secret_or_a_changed_byte_is_refused() -> None:
    sealed = seal(b"plain", b"secret")
    with pytest.raises(ValueError, match="another secret"):
        unseal(sealed, b"other")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(ValueError, match="sealed"):
            unseal(bytes(changed), b"secret")
    with pytest.raises(ValueError, match="sealed"):
        unseal(b"", b"secret")


def test_a_kept_answer_opens_for_the_key_that_was_presented() -> None:
    sealed = seal_answer("kh_live_one", b'{"Id": 1}')
    assert open_answer("kh_live_one", sealed) == b'{"Id": 1}'
    with pytest.raises(ValueError, match="another secret"):
        open_answer("kh_live_two", sealed)
