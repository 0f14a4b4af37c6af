"""A channel in front of its vendor's stand-in; the desk behind it is only a list of what was read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.kit import serving
from channels.kit.contract import Channel, Item, Source
from channels.kit.discover import load
from leads.events import Attachment, Call, Inbound, Media, Outgoing, Receipt, Sent
from sandbox.vendors.serving import Vendors, running
from sandbox.vendors.stage import File, Person
from sandbox.vendors.vendor import Vendor


@dataclass
class Standing:
    """`read` is what the vendor told the desk; `files` is what the desk serves to the internet."""

    channel: Channel
    vendors: Vendors
    vendor: Vendor
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    read: list[Item] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    door: str = ""
    http: aiohttp.ClientSession = field(init=False)
    source: Source = field(init=False)
    ona: Person = field(init=False)

    async def newest(self) -> Inbound:
        await self.vendors.delivered()
        item = self.read[-1]
        assert isinstance(item, Inbound), item
        return item

    async def send(self, outgoing: Outgoing, file: File | None = None) -> Sent:
        return await self.channel.send(self.http, self.source, outgoing, self.media(file) if file else None)

    async def fetched(self, attachment: Attachment) -> bytes:
        media = await self.channel.fetch_media(self.http, self.source, attachment)
        return b"".join([chunk async for chunk in media.chunks])

    def media(self, file: File) -> Media:
        self.files[file.name] = file
        url = f"{self.door.partition('/in/')[0]}/media/{file.name}"
        return Media(file.name, file.mime, len(file.data), _once(file.data), url)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/media/"):
            file = self.files[request.path.removeprefix("/media/")]
            return web.Response(body=file.data, content_type=file.mime)
        return await serving.serve(request, self.channel, self.source, self._accept, peer="", now=self.now)

    async def _accept(self, source: Source, call: Call, items: Any) -> Receipt:
        self.read += items
        return Receipt(tuple(range(len(items))), len(items))


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


@asynccontextmanager
async def standing(name: str) -> AsyncIterator[Standing]:
    vendors = Vendors(lambda: desk.now)
    desk = Standing(load(name), vendors, vendors.open(name))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", desk.serve)
    settings = desk.channel.settings.model_validate(desk.vendor.settings())
    async with running(vendors), TestServer(app) as server, aiohttp.ClientSession() as desk.http:
        desk.source = Source(1, name, "door", settings, api_base=desk.vendor.stage.base)
        desk.door = str(server.make_url(f"/in/{name}/door"))
        await desk.channel.register(desk.http, desk.source, desk.door)
        desk.ona = desk.vendor.enters(1, "Ona Petraitė", "lt")
        yield desk
