"""Starting the stand-in on a port of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from sandbox.api import make_app
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    """without a trailing slash; what TelegramAPIServer.from_base and FRONTDESK_TELEGRAM_API take"""
    runner: web.AppRunner

    async def close(self) -> None:
        await self.runner.cleanup()


async def start(
    world: World, host: str = "127.0.0.1", port: int = 0, *, app: web.Application | None = None
) -> Running:
    """Serve `world`; port 0 finds a free one. `app`: make_app(world) with routes added."""
    runner = web.AppRunner(
        app or make_app(world), access_log=None, handler_cancellation=True, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return Running(f"http://{host}:{runner.addresses[0][1]}", runner)


@asynccontextmanager
async def running(world: World, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """`async with running(world) as url`"""
    server = await start(world, host, port)
    try:
        yield server.url
    finally:
        await server.close()
