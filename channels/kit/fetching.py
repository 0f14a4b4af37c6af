"""Files from addresses that strangers gave: guarded, bounded, and held on disk rather than in memory.

Requirement F1: https only; no address that is not the public internet's; the address that was checked is the
one that is connected to; every redirect is checked anew, and credentials never follow to another origin.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from channels.kit.contract import Source
from channels.kit.outbound import spooled, too_large
from leads.events import Attachment, Media, MediaKind, SendCode, SendError

FILE_LIMIT = 50 * 1024 * 1024  # what the managers' bot may upload; more would be thrown away
SECONDS = 20.0  # in all, redirects included
REDIRECTS = 3
_NO_PAGES = frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.STICKER})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def fetch_url(
    http: aiohttp.ClientSession,
    source: Source,
    url: str,
    attachment: Attachment,
    *,
    headers: Mapping[str, str] | None = None,
    limit: int = FILE_LIMIT,
    **options: Any,
) -> Media:
    """The file behind a vendor's link; raises `SendError`: bad media, or unavailable to be tried again.

    `headers` (the vendor's auth) go to the link's own origin only; `options` (as `ssl`) go to aiohttp. What
    lies at `source.api_base` is the operator's word and needs no guard.
    """
    if (attachment.size or 0) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(SECONDS), AsyncExitStack() as stack:
            response = await _answer(stack, http, source, url, dict(headers or {}), options)
            _refuse_page(attachment, response.content_type)
            return await spooled(response, attachment.name, attachment.mime, limit)
    except (aiohttp.ClientError, OSError) as error:
        # Only the class name: aiohttp's messages may hold the URL, and the URL a token.
        raise SendError(SendCode.UNAVAILABLE, f"file: {type(error).__name__}") from None


async def fetch_media(http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
    """For channels whose messages hold their files' addresses, good for a while and for everybody."""
    if not attachment.ref:
        raise SendError(SendCode.BAD_MEDIA, "the message came without an address of its file")
    return await fetch_url(http, source, attachment.ref, attachment)


async def _answer(
    stack: AsyncExitStack,
    http: aiohttp.ClientSession,
    source: Source,
    url: str,
    headers: dict[str, str],
    options: dict[str, Any],
) -> aiohttp.ClientResponse:
    """The first answer that is no redirect."""
    target = link(url)
    for _ in range(REDIRECTS + 1):
        session = await stack.enter_async_context(reaching(http, source, target))
        response = await stack.enter_async_context(
            session.get(target, headers=headers, allow_redirects=False, **options)
        )
        if not 300 <= response.status < 400:
            return _fine(response)
        following = link(urljoin(str(target), response.headers.get("Location", "")))
        if following.origin() != target.origin():
            headers = {}
        target = following
    raise SendError(SendCode.BAD_MEDIA, "file: too many redirects")


def link(text: str) -> URL:
    """An address that a vendor gave; raises `SendError` when it leads nowhere."""
    try:
        url = URL(text)
        url.origin()
    except ValueError:
        raise SendError(SendCode.BAD_MEDIA, "file: the link cannot be read") from None
    return url


@asynccontextmanager
async def reaching(
    http: aiohttp.ClientSession, source: Source, url: URL
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for a link, be it to upload to; raises `SendError` for one that is not for us to follow."""
    if source.api_base and url.origin() == URL(source.api_base).origin():
        yield http
        return
    async with _guarded(url) as session:
        yield session


def _refuse_page(attachment: Attachment, said: str) -> None:
    """A dead link gives a page where there was a picture; raises `SendError`."""
    if attachment.kind in _NO_PAGES and said in {"text/html", "application/json", "text/xml"}:
        raise SendError(SendCode.BAD_MEDIA, f"file: the link gave {said} in place of a {attachment.kind}")


def _guarded(url: URL) -> aiohttp.ClientSession:
    """A session that can reach public addresses only. Literal addresses are never resolved: checked here."""
    if url.scheme != "https":
        raise SendError(SendCode.BAD_MEDIA, "file: the link is not https")
    host = url.host or ""
    if _literal(host) and not public(host):
        raise _private()
    connector = aiohttp.TCPConnector(resolver=PublicOnly(), use_dns_cache=False, force_close=True)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


class PublicOnly(AbstractResolver):
    """Gives aiohttp the checked addresses to connect to, so that a second look-up cannot give others."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        addresses = [(str(place[0]), kind) for kind, _, _, _, place in found if public(str(place[0]))]
        if not addresses:
            raise _private()
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST
            )
            for address, kind in addresses
        ]

    async def close(self) -> None:
        pass


def public(address: str) -> bool:
    """Whether it is an address of the public internet, however it is written."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _literal(host: str) -> bool:
    """Whether it is an address and no name; also as one number or with fewer dots, as old tools read it."""
    try:
        socket.inet_aton(host)
    except OSError:
        return ":" in host
    return True


def _fine(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    """Raises `SendError` unless it is a file. A link that is gone says nothing of the source."""
    if response.status == 200:
        return response
    away = response.status >= 500 or response.status in (408, 429)
    raise SendError(SendCode.UNAVAILABLE if away else SendCode.BAD_MEDIA, f"file: {response.status}")


def _private() -> SendError:
    return SendError(SendCode.BAD_MEDIA, "file: the link leads to an address that is not public")
