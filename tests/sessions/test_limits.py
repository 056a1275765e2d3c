"""Limits that all processes share."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from kohomai.sessions.limits import TooMany, count, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_so_often_in_a_window(program: object) -> None:
    who, now = secrets.token_hex(4), datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)
    for _ in range(3):
        count("testing", who, at_most=3, per=timedelta(minutes=1), now=now)
    with pytest.raises(TooMany) as refused:
        count("testing", who, at_most=3, per=timedelta(minutes=1), now=now)
    assert refused.value.retry_after == 59
    count("testing", who + "x", at_most=3, per=timedelta(minutes=1), now=now)
    count("testing", who, at_most=3, per=timedelta(minutes=1), now=now + timedelta(minutes=1))
