"""The playground: a page on which a visitor is the customers, the managers and the weather.

Every page holds a WebSocket; it gets the whole world after each change and sends acts back.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox import snapshot
from sandbox.acts import Acts
from sandbox.model import Impossible, Json
from sandbox.vendors import drawing
from sandbox.vendors.serving import Vendors
from sandbox.world import World

STATIC = Path(__file__).parent / "static"
MAX_ACT = 16 * 1024 * 1024
PAUSE = 0.03
"""Seconds between two snapshots to one page: what changes meanwhile goes into the next."""

_SHOWN_INLINE = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
}


@dataclass(frozen=True, slots=True)
class PlaygroundConfig:
    """`form_url`: where the product takes the web form, absolute or a path of the same origin.

    Bots are named by their tokens, people by their Telegram ids. Without `advance` the clock has no buttons.
    """

    title: str
    form_url: str
    customer_bots: Sequence[str]
    desk_bot: str
    managers: Sequence[int]
    customers: Sequence[int]
    now: Callable[[], datetime]
    advance: Callable[[timedelta], None] | None = None
    timezone: str = "UTC"
    vendors: Vendors | None = None


def attach(app: web.Application, world: World, *, config: PlaygroundConfig) -> None:
    """Add the page, its files and its socket to an application that is not running yet."""
    playground = _Playground(world, config)
    app.router.add_get("/", playground.page)
    app.router.add_get("/ws", playground.socket)
    app.router.add_get("/static/{name}", playground.static)
    app.router.add_get(r"/media/{bot:\d+}/{file_id}", playground.media)
    app.router.add_get(r"/phone/{vendor}/{place:\d+}", playground.phone)
    world.listeners.append(playground.changed)
    app.on_shutdown.append(playground.close)


class _Playground:
    def __init__(self, world: World, config: PlaygroundConfig) -> None:
        self.world = world
        self.config = config
        self.customers = list(config.customers)
        self.vendors = config.vendors.all if config.vendors else {}
        self.acts = Acts(
            world,
            self.customers,
            now=config.now,
            advance=config.advance,
            timezone=config.timezone,
            vendors=config.vendors,
        )
        self.run = uuid.uuid4().hex
        self.files = {path.name: path for path in STATIC.iterdir() if path.is_file()}
        self.sockets: dict[web.WebSocketResponse, asyncio.Event] = {}

    def changed(self) -> None:
        for event in self.sockets.values():
            event.set()

    async def close(self, _: web.Application) -> None:
        self.world.listeners.remove(self.changed)
        for socket in list(self.sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def page(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(self.files["index.html"], headers=self._page_headers())

    async def static(self, request: web.Request) -> web.StreamResponse:
        path = self.files.get(request.match_info["name"])
        if not path:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=self._page_headers())

    async def media(self, request: web.Request) -> web.Response:
        stored = self.world.files.get(int(request.match_info["bot"]), request.match_info["file_id"])
        if not stored:
            raise web.HTTPNotFound
        return _shown(stored.data, stored.kind)

    async def phone(self, request: web.Request) -> web.Response:
        """A file in the chat of a vendor's customer."""
        vendor = self.vendors.get(request.match_info["vendor"])
        chat = vendor.stage.chat(request.query.get("who", "")) if vendor else None
        place = int(request.match_info["place"])
        file = chat.notes[place - 1].media if chat and 0 < place <= len(chat.notes) else None
        if not file:
            raise web.HTTPNotFound
        return _shown(file.data, file.kind)

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
            raise web.HTTPForbidden(text="The playground is spoken to by its own page only.")
        socket = web.WebSocketResponse(max_msg_size=MAX_ACT, heartbeat=20)
        await socket.prepare(request)
        self.sockets[socket] = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as both:
                pushing = both.create_task(self._push(socket, self.sockets[socket]))
                await self._listen(socket)
                pushing.cancel()
        finally:
            del self.sockets[socket]
        return socket

    async def _push(self, socket: web.WebSocketResponse, changed: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while True:
                changed.clear()
                await socket.send_str(json.dumps(self.snapshot(), ensure_ascii=False))
                await asyncio.sleep(PAUSE)
                await changed.wait()

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                self.acts.do(json.loads(message.data))
            except (Impossible, ValueError) as error:
                await socket.send_json({"type": "refused", "why": str(error)})

    def snapshot(self) -> Json:
        config, world = self.config, self.world
        clock = {
            "now": config.now().isoformat(),
            "timezone": config.timezone,
            "movable": bool(config.advance),
        }
        at_vendors = {
            name: drawing.company(vendor, config.title) | {"faults": self._faults_at(name)}
            for name, vendor in self.vendors.items()
        }
        customers = snapshot.persons(world, self.customers, config.customer_bots)
        return {
            "type": "snapshot",
            "run": self.run,
            "title": config.title,
            "form_url": config.form_url,
            "clock": clock,
            "faults": self.acts.faults(),
            "log": snapshot.calls(world.log),
            "answers": snapshot.answers(world.callbacks),
            "bots": snapshot.bots(world, [config.desk_bot, *config.customer_bots]) | at_vendors,
            "customers": customers
            + [person for vendor in self.vendors.values() for person in drawing.persons(vendor)],
            "managers": snapshot.persons(world, config.managers, [config.desk_bot]),
        }

    def _faults_at(self, name: str) -> Json:
        return self.acts.at_vendors.faults(name) if self.acts.at_vendors else {}

    def _page_headers(self) -> dict[str, str]:
        form = urlsplit(self.config.form_url)
        connect = f"'self' {form.scheme}://{form.netloc}" if form.netloc else "'self'"
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
            f"connect-src {connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        }


def _shown(data: bytes, what: str) -> web.Response:
    """Only what is proven to be a picture or sound is shown; the rest may be a page with scripts."""
    kind = _media_type(data, what)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    headers |= {} if kind else {"Content-Disposition": "attachment"}
    return web.Response(body=data, content_type=kind or "application/octet-stream", headers=headers)


def _media_type(data: bytes, kind: str) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if kind in {"video", "video_note", "animation"} and data[4:8] == b"ftyp":
        return "video/mp4"
    return next((mime for magic, mime in _SHOWN_INLINE.items() if data.startswith(magic)), None)
