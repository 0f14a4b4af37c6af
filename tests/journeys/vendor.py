"""Stands before a vendor's stand-in and does to single calls what vendors do now and then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web


@dataclass(frozen=True, slots=True)
class Misdeed:
    """An answer in place of the true one; with `effect` the call is carried out all the same."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    effect: bool = False
    cut: bool = False  # before all that was promised was said
    silent: float = 0.0  # seconds before the answer


@dataclass
class Vendor:
    """Everything passes, but a call whose body holds the mark of a misdeed suffers it, once."""

    behind: str = ""
    url: str = ""
    misdeeds: dict[bytes, Misdeed] = field(default_factory=dict)
    _http: aiohttp.ClientSession | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        mark = next((mark for mark in self.misdeeds if mark in body), None)
        misdeed = self.misdeeds.pop(mark) if mark else None
        true = web.Response()
        if misdeed is None or misdeed.effect:
            true = await self._pass_on(request, body)
        if misdeed is None:
            return true
        await asyncio.sleep(misdeed.silent)
        return await _answered(request, misdeed, true)

    async def _pass_on(self, request: web.Request, body: bytes) -> web.Response:
        assert self._http
        headers = {"Content-Type": request.headers.get("Content-Type", "")}
        url = f"{self.behind}{request.path_qs}"
        async with self._http.request(request.method, url, data=body, headers=headers) as answer:
            return web.Response(
                status=answer.status, body=await answer.read(), content_type=answer.content_type
            )


async def _answered(request: web.Request, misdeed: Misdeed, true: web.Response) -> web.StreamResponse:
    body = misdeed.body or (true.body if isinstance(true.body, bytes) else b"")
    if not misdeed.cut:
        return web.Response(status=misdeed.status, body=body, content_type=misdeed.kind)
    headers: Mapping[str, str] = {"Content-Type": misdeed.kind, "Content-Length": str(len(body))}
    response = web.StreamResponse(status=misdeed.status, headers=headers)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    assert request.transport
    request.transport.abort()
    return response


@asynccontextmanager
async def vendor(behind: str) -> AsyncIterator[Vendor]:
    made = Vendor(behind)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    async with aiohttp.ClientSession() as made._http:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield made
        finally:
            await runner.cleanup()
