"""The edge over aiohttp: reads a request with limits, and writes the answer."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from aiohttp import web
from aiohttp.client_exceptions import ClientPayloadError
from aiohttp.http_exceptions import HttpProcessingError

from channels.kit import edge
from channels.kit.contract import Accept, Channel, Reply, Source
from channels.kit.errors import Malformed
from channels.kit.reading import well_formed
from leads.events import Call

ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
ENCODINGS_HELP = "Send the body plain, or with Content-Encoding gzip or deflate."
BODY_SECONDS = 10.0  # for a body, and one more for every
BYTES_A_SECOND = 8 * 1024  # that came: a photo from a bad phone line may take its time, a drip may not


async def serve(
    request: web.BaseRequest,
    channel: Channel | None,
    source: Source | None,
    accept: Accept,
    *,
    peer: str,
    now: datetime,
) -> web.Response:
    """The whole way of one request. The body of a call that nobody waits for is not read."""
    if channel is None or source is None:
        return response(edge.unknown_source())
    head = head_of(request, peer=peer, now=now)
    try:
        body = await read_body(request, limit=channel.body_limit(head))
    except Malformed as error:
        return response(edge.refuse(channel, source, head, error))
    return response(await edge.take(channel, source, _whole(head, body), accept))


async def read_call(request: web.BaseRequest, *, limit: int, peer: str, now: datetime) -> Call:
    """The request as a `Call`; raises `Malformed`."""
    head = head_of(request, peer=peer, now=now)
    return _whole(head, await read_body(request, limit=limit))


def head_of(request: web.BaseRequest, *, peer: str, now: datetime) -> Call:
    """The request without its body. Of a header or query value that comes twice, the first counts."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        # aiohttp hands bytes beyond UTF-8 over as halves of surrogate pairs.
        headers.setdefault(name.lower(), well_formed(value))
    query: dict[str, str] = {}
    if request.query_string:
        for name, value in request.query.items():
            query.setdefault(well_formed(name), well_formed(value))
    return Call(request.method, headers, query, b"", now, peer)


def _whole(head: Call, body: bytes) -> Call:
    return Call(head.method, head.headers, head.query, body, head.received_at, head.peer)


async def encourage(request: web.BaseRequest) -> None:
    """Tell a caller who waits with the body (`Expect: 100-continue`) to send it; others do not wait."""
    if request.headers["Expect"].strip().lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer is still to come


async def read_body(request: web.BaseRequest, *, limit: int) -> bytes:
    """The body, at most `limit` bytes before and after decompression; raises `Malformed`.

    aiohttp decompresses in small steps, so counting while reading also stops a bomb.
    """
    if request.headers.get("Content-Encoding", "").strip().lower() not in ENCODINGS:
        raise Malformed(ENCODINGS_HELP, status=415)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    try:
        return await _within(request, limit)
    except TimeoutError:
        raise Malformed("The body came too slowly; send it again.", status=408) from None
    except (ClientPayloadError, web.RequestPayloadError, HttpProcessingError, zlib.error, EOFError):
        raise Malformed("The body broke off, or is not what Content-Encoding says.") from None
    except (asyncio.IncompleteReadError, ConnectionError):
        raise Malformed("The body broke off.") from None


async def _within(request: web.BaseRequest, limit: int) -> bytes:
    if request.content.is_eof():  # it came along with its head: no need to wait, nor for a timer
        body = request.content.read_nowait()
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts: list[bytes] = []
    size = 0
    now = asyncio.get_running_loop().time
    latest = now() + BODY_SECONDS
    async with asyncio.timeout_at(latest) as deadline:
        async for chunk in request.content.iter_chunked(64 * 1024):
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            parts.append(chunk)
            deadline.reschedule(latest + size / BYTES_A_SECOND)
    return b"".join(parts)


def response(reply: Reply) -> web.Response:
    """The answer for aiohttp; nobody may guess another type or keep it."""
    headers = {
        "Content-Type": reply.content_type,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        **reply.headers,
    }
    return web.Response(status=reply.status, body=reply.body, headers=headers)


def problem(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
    """Problem details for what no channel answers for: no such path, no HTTP, our own mistake."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    reply = edge.json_reply(body | ({"detail": detail} if detail else {}), status, dict(headers or {}))
    return response(replace(reply, content_type="application/problem+json"))


def _too_large(limit: int) -> Malformed:
    return Malformed(f"The body is larger than {limit} bytes; send less.", status=413)
