"""How much one source, and one address of a browser, may post; and whose address a request has."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

from aiolimiter import AsyncLimiter

from app.settings import parse_rates

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
        return await self._take("address", browser_address)

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


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def caller(remote: str, forwarded_for: str, trusted: tuple[str, ...]) -> str:
    """The address of the caller: walk `X-Forwarded-For` from its end while the speaker is a trusted proxy."""
    networks = [ipaddress.ip_network(item, strict=False) for item in trusted]
    address = remote
    for hop in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
        if not _within(address, networks):
            break
        address = hop
    return address


def _within(address: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False
