"""A vendor on loopback: answers as told, in turn, the last answer for ever; remembers what was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.kit.contract import Channel, Source
from leads.events import Media, Outgoing, SendError, Sent


@dataclass(frozen=True)
class Raw:
    """An answer that is not JSON, or not 200."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One call as it crossed the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any  # JSON, or the fields of a form; a file among them is its name, its type and its bytes
    query: dict[str, str] = field(default_factory=dict)


@dataclass
class Answering:
    """`answers`: JSON values, `Raw`, or "lost" for a connection that is closed."""

    channel: Channel
    answers: list[Any]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    http: aiohttp.ClientSession = field(init=False)
    source: Source = field(init=False)

    @property
    def bodies(self) -> list[Any]:
        return [one.body for one in self.asked]

    async def send(self, outgoing: Outgoing, media: Media | None = None) -> Sent:
        return await self.channel.send(self.http, self.source, outgoing, media)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request) if request.can_read_body else None
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.path, headers, body, dict(request.query)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "lost":
            assert request.transport
            request.transport.close()
        if not isinstance(answer, Raw):
            return web.json_response(answer)
        if isinstance(answer.body, bytes):
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)


async def _body(request: web.Request) -> Any:
    if not request.content_type.startswith(("multipart/", "application/x-www-form-urlencoded")):
        return await request.json()
    form = await request.post()
    return {
        name: (value.filename, value.content_type, value.file.read())
        if isinstance(value, web.FileField)
        else value
        for name, value in form.items()
    }


@asynccontextmanager
async def answering(channel: Channel, settings: dict[str, str], *answers: Any) -> AsyncIterator[Answering]:
    vendor = Answering(channel, list(answers))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", vendor.serve)
    async with TestServer(app) as server, aiohttp.ClientSession() as vendor.http:
        vendor.url = str(server.make_url("")).rstrip("/")
        valid = channel.settings.model_validate(settings)
        vendor.source = Source(1, channel.name, "shop", valid, api_base=vendor.url)
        yield vendor


def media(name: str = "a.pdf", mime: str = "application/pdf", size: int | None = 3, url: str = "") -> Media:
    """Bytes that nobody reads where vendors fetch by address."""
    return Media(name, mime, size, flow(b"abc"), url)


async def flow(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def content(media: Media) -> bytes:
    return b"".join([chunk async for chunk in media.chunks])


async def failed(awaitable: Any) -> SendError:
    with pytest.raises(SendError) as caught:
        await awaitable
    return caught.value
