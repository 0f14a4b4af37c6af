"""Finds the vendors, and serves their APIs side by side: faults and the log stand around each call."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.vendors import stage as frame
from sandbox.vendors.faults import AFTER, BEFORE, Fault
from sandbox.vendors.post import Post
from sandbox.vendors.stage import Refused, Stage
from sandbox.vendors.vendor import Vendor

BODY_LIMIT = 120 * 1024 * 1024
HUGE = 32 * 1024 * 1024
PAGE = b"<!doctype html><html><body><h1>Bad Gateway</h1></body></html>"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def names() -> list[str]:
    """The vendors of this folder, sorted."""
    found = [one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return sorted(name for name in found if hasattr(importlib.import_module(f"{__package__}.{name}"), "NAME"))


@dataclass(slots=True)
class Vendors:
    """Every vendor by its name; `close` at the end."""

    clock: Callable[[], datetime]
    log: Callable[[str, str, str, int], None] = lambda *_: None
    all: dict[str, Vendor] = field(default_factory=dict)
    _posts: list[Post] = field(default_factory=list)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self, name: str) -> Vendor:
        """Bring that vendor on; its chats are empty."""
        return self.bring(name, importlib.import_module(f"{__package__}.{name}").make)

    def bring(self, name: str, make: Callable[[Stage], Vendor]) -> Vendor:
        """The same for one that has no module here."""
        stage = Stage(name, self.clock, log=self.log)
        post = Post(stage)
        stage.post, stage.http = post.send, post.http
        self._posts.append(post)
        self.all[name] = make(stage)
        return self.all[name]

    def mount(self, app: web.Application) -> None:
        """Serve all that are open below /vendors/<name>; `at` tells them where that is."""
        for name, vendor in self.all.items():
            app.add_subapp(f"/vendors/{name}", self._served(vendor))
        app.on_shutdown.append(self._stop_waiting)
        app.on_cleanup.append(self._cleanup)

    def at(self, url: str) -> None:
        """The address of the application that they are mounted in, without a trailing slash."""
        for name, vendor in self.all.items():
            vendor.stage.base = f"{url}/vendors/{name}"

    async def delivered(self) -> None:
        """Wait until no webhook call is left to be made."""
        for post in self._posts:
            await post.delivered()

    def _served(self, vendor: Vendor) -> web.Application:
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[self._around(vendor)])
        app.router.add_get("/files/{ref:.+}", _file(vendor.stage))
        app.router.add_routes(vendor.routes())
        return app

    def _around(self, vendor: Vendor) -> Middleware:
        @web.middleware
        async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
            stage, call = vendor.stage, await _call(request)
            fault = stage.faults.take(call, BEFORE)
            if fault and fault.kind == "hang":
                await self._closing.wait()
            waiting: list[frame.Push] = []
            token = frame.held.set(waiting)
            before = stage.effects
            try:
                response = await _answered(request, handler, fault)
            finally:
                frame.held.reset(token)
            late = stage.faults.take(call, AFTER) if stage.effects > before else None
            stage.log(stage.name, request.path, "", 0 if late and late.kind == "lost" else response.status)
            try:
                return await _said(request, response, late)
            finally:
                stage.push(*waiting)
                stage.changed()

        return serve

    async def _stop_waiting(self, _: web.Application) -> None:
        self._closing.set()

    async def _cleanup(self, _: web.Application) -> None:
        for post in self._posts:
            await post.close()


async def _call(request: web.Request) -> str:
    """What a fault's words are looked for in. Files are read by the handler only."""
    if request.content_type.startswith("multipart/"):
        return request.path_qs
    return f"{request.path_qs}\n{(await request.read()).decode(errors='replace')}"


async def _answered(request: web.Request, handler: Handler, fault: Fault | None) -> web.StreamResponse:
    if fault and fault.answer:
        return fault.answer.response()
    try:
        return await handler(request)
    except Refused as refused:
        return refused.answer.response()


async def _said(
    request: web.Request, response: web.StreamResponse, fault: Fault | None
) -> web.StreamResponse:
    """Give the answer, in the way that the fault has it, wholly before anything else happens."""
    kind = fault.kind if fault else ""
    body = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b""
    if fault and kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif kind == "html":
        response = web.Response(body=PAGE, content_type="text/html")
    elif kind == "huge":
        response = web.Response(body=b'{"' + b"x" * HUGE, content_type="application/json")
    elif kind in {"lost", "cut"}:
        return await _broken_off(request, body if kind == "cut" else b"")
    await response.prepare(request)
    await response.write_eof()
    return response


async def _broken_off(request: web.Request, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Length": str(len(body)), "Content-Type": "application/json"}
    )
    if body:
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
    if request.transport:
        request.transport.abort()
    return response


def _file(stage: Stage) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        file = stage.files.get(request.match_info["ref"])
        if not file:
            raise web.HTTPNotFound
        return web.Response(body=file.data, content_type=file.mime or "application/octet-stream")

    return serve


@asynccontextmanager
async def running(vendors: Vendors, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve them on a port of their own; the address without a trailing slash."""
    app = web.Application()
    vendors.mount(app)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        url = f"http://{host}:{runner.addresses[0][1]}"
        vendors.at(url)
        yield url
    finally:
        await runner.cleanup()
