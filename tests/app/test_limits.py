"""Rates per source and per browser address, and whose address a request has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import limits
from app.limits import IntakeLimits, caller, is_at_home, is_loopback, neighbourhood


async def spent(buckets: IntakeLimits, source: str, address: str | None, tries: int = 100) -> int:
    return sum([await buckets.allows(source, address) for _ in range(tries)])


async def test_a_browser_address_has_its_own_budget() -> None:
    buckets = IntakeLimits("source=1000,address=5")
    assert await spent(buckets, "form", "203.0.113.7") == 20  # four seconds' worth at once
    assert await buckets.allows("form", "203.0.113.8")
    assert await buckets.allows("form", None)


async def test_loopback_is_never_limited_by_address() -> None:
    buckets = IntakeLimits("source=1000,address=5")
    assert await spent(buckets, "form", "127.0.0.1") == 100
    assert await spent(buckets, "form", "::1") == 100
    assert await spent(buckets, "form", "::ffff:127.0.0.1") == 100


async def test_a_source_has_its_own_budget() -> None:
    buckets = IntakeLimits("source=2")
    assert await spent(buckets, "a", None) == 8
    assert await buckets.allows("b", None)


async def test_off_is_off() -> None:
    assert await spent(IntakeLimits("off"), "a", "203.0.113.7", 500) == 500


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KNOWN_ADDRESSES", 10)
    buckets = IntakeLimits("address=5")
    for number in range(50):
        await buckets.allows("form", f"198.51.100.{number}")
    assert len(buckets._buckets) == 10


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.1", ["198.51.100.1"], (), "203.0.113.1"),
        ("127.0.0.1", ["198.51.100.1"], ("127.0.0.1",), "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.1"], ("127.0.0.1",), "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.1"], ("127.0.0.1",), "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1, 10.0.0.9"], ("127.0.0.1", "10.0.0.0/8"), "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1", "10.0.0.9"], ("127.0.0.1", "10.0.0.0/8"), "198.51.100.1"),
        ("127.0.0.1", [], ("127.0.0.1",), "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, not an address"], ("127.0.0.1",), "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1:4711"], ("127.0.0.1",), "198.51.100.1"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], ("127.0.0.1",), "2001:db8::1"),
        ("::ffff:127.0.0.1", ["198.51.100.1"], ("127.0.0.1",), "198.51.100.1"),
    ],
)
def test_forwarded_addresses_count_only_behind_trusted_proxies(
    remote: str, forwarded: list[str], trusted: tuple[str, ...], expected: str
) -> None:
    assert caller(remote, forwarded, trusted) == expected


async def test_an_ipv6_customer_cannot_change_the_address_to_post_more() -> None:
    buckets = IntakeLimits("address=1")
    assert await spent(buckets, "form", "2001:db8:1:2::1") == 4
    assert not await buckets.allows("form", "2001:db8:1:2:ffff::9")
    assert await buckets.allows("form", "2001:db8:1:3::1")


@pytest.mark.parametrize(
    ("address", "at_home"),
    [("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("8.8.8.8", False)],
)
def test_who_is_on_our_own_network(address: str, at_home: bool) -> None:
    assert is_at_home(address) == at_home


@given(st.lists(st.text(max_size=60), max_size=3), st.text(max_size=20))
def test_any_header_is_survived(forwarded: list[str], remote: str) -> None:
    assert isinstance(caller(remote, forwarded, ("127.0.0.0/8",)), str)
    is_loopback(remote)
    assert isinstance(neighbourhood(remote), str)
