"""VK on loopback: forms in, JSON out; answers by method, in turn, the last one for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from answering import flow

from channels import vk
from channels.kit.contract import Source
from leads.events import Attachment, Media, MediaKind, Outgoing, Sent

TOKEN = "vk1.a.canaryTokenThatNobodyMaySee_0123456789"
SECRET = "s3cret-of-the-shop"
SETTINGS: dict[str, Any] = {"group_id": 200100, "token": TOKEN, "secret": SECRET, "confirmation": "a1b2c3"}
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Raw:
    """An answer that is no JSON, or not 200."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def fails(code: int, sentence: str = "", **more: Any) -> dict[str, Any]:
    """As VK fails, our own words among its."""
    params = [{"key": "access_token", "value": TOKEN}]
    return {"error": {"error_code": code, "error_msg": sentence, "request_params": params} | more}


def ok(result: Any) -> dict[str, Any]:
    return {"response": result}


SENT = ok([{"peer_id": 700, "message_id": 42, "conversation_message_id": 6}])


@dataclass
class Vk:
    """`answers` by method or path: a value, or a list of them."""

    answers: dict[str, Any] = field(default_factory=lambda: {"messages.send": SENT})
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    files: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    url: str = ""
    http: aiohttp.ClientSession = field(init=False)
    source: Source = field(init=False)

    async def send(self, outgoing: Outgoing, media: Media | None = None) -> Sent:
        return await vk.send(self.http, self.source, outgoing, media)

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    def params(self, method: str) -> dict[str, str]:
        """Of the one call of that method."""
        (found,) = [params for asked, params in self.asked if asked == method]
        return found

    async def serve(self, request: web.Request) -> web.StreamResponse:
        what = request.path.strip("/").removeprefix("method/")
        params = dict(request.query)
        if request.content_type == "multipart/form-data":
            await self._keep(request)
        else:
            params |= {key: str(value) for key, value in (await request.post()).items()}
            if request.path.startswith("/method/"):
                assert not request.query, "a token in an address gets into logs"
                assert (params.pop("access_token"), params.pop("v")) == (TOKEN, "5.199")
        self.asked.append((what, params))
        return self._answer(request, self.answers[what])

    async def _keep(self, request: web.Request) -> None:
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader)
            mime = part.headers["Content-Type"]
            self.files.append((part.name or "", part.filename or "", mime, await part.read()))

    def _answer(self, request: web.Request, answer: Any) -> web.StreamResponse:
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer == "lost":
            assert request.transport
            request.transport.close()
        if not isinstance(answer, Raw):
            return web.json_response(answer)
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        return web.Response(status=answer.status, body=body, headers=answer.headers)


@asynccontextmanager
async def scene() -> AsyncIterator[Vk]:
    it = Vk()
    app = web.Application(client_max_size=1 << 28)
    app.router.add_route("*", "/{path:.*}", it.serve)
    async with TestServer(app) as server, aiohttp.ClientSession() as it.http:
        it.url = str(server.make_url("")).rstrip("/")
        settings = vk.settings.model_validate(SETTINGS)
        it.source = Source(1, "vk", "shop", settings, api_base=it.url)
        yield it


def media(data: bytes = b"bytes", name: str = "a.pdf", mime: str = "application/pdf") -> Media:
    return Media(name, mime, len(data), flow(data))


def out(text: str = "hi", **more: Any) -> Outgoing:
    return Outgoing("700", text, **more)


def with_file(kind: MediaKind, text: str = "") -> Outgoing:
    return out(text, attachment=Attachment(kind))
