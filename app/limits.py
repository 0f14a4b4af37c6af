"""How much one source, and one address of a browser, may post; and whose address a request has."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache

from aiolimiter import AsyncLimiter

from app.settings import parse_rates

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

KNOWN_ADDRESSES = 10_000
BURST = 4.0  # seconds' worth that may come at once


class IntakeLimits:
    """Token buckets in memory: one a source, one an address. Loopback is never limited by address."""

    def __init__(self, rates: str) -> None:
        self._rates = {} if rates == "off" else parse_rates(rates)
        self._buckets: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def allows(self, source: str, browser_address: str | None) -> bool:
        """Count one call; False when it is one too many."""
        if not await self._take("source", source):
            return False
        if not browser_address or is_loopback(browser_address):
            return True
        return await self._take("address", neighbourhood(browser_address))

    async def _take(self, kind: str, name: str) -> bool:
        rate = self._rates.get(kind)
        if not rate:
            return True
        key = f"{kind}:{name}"
        bucket = self._buckets.get(key) or AsyncLimiter(max(rate * BURST, 1), BURST)
        self._buckets[key] = bucket
        self._buckets.move_to_end(key)
        if len(self._buckets) > KNOWN_ADDRESSES:
            self._buckets.popitem(last=False)
        if not bucket.has_capacity():
            return False
        await bucket.acquire()  # at once: there is capacity
        return True


def caller(remote: str, forwarded_for: Sequence[str], trusted: tuple[str, ...]) -> str:
    """The address of the caller: walk `X-Forwarded-For` from its end while the speaker is a trusted proxy.

    The header may stand there several times: a proxy may add its own below the one that a stranger sent.
    """
    if not trusted or not forwarded_for:
        return remote
    address = remote
    for hop in reversed([part for line in forwarded_for for part in line.split(",") if part.strip()]):
        said = _read(hop)
        if said is None or not within(address, trusted):
            break
        address = str(said)
    return address


def within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether it is one of these addresses, or in one of these networks."""
    found = _read(address) if networks else None
    return found is not None and any(found in network for network in _networks(networks))


def neighbourhood(address: str) -> str:
    """What one stranger surely has to themselves: the address, of IPv6 the whole /64."""
    found = _read(address)
    if found is None or found.version == 4:
        return str(found or address)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def is_at_home(address: str) -> bool:
    """On this machine or a private network, where a proxy speaks for many."""
    found = _read(address)
    return found is None or not found.is_global


def is_loopback(address: str) -> bool:
    found = _read(address)
    return found is not None and found.is_loopback


def _read(text: str) -> Address | None:
    """The address without its port; one of IPv4 written as IPv6 is one of IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(item, strict=False) for item in trusted)
