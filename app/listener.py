"""The port: connections that drip, hang or talk nonsense are cut, quietly and soon.

aiohttp has one timer a connection, which must be longer than a reverse proxy's: to cut what the proxy takes
for alive would cost a lead. So here an idle connection may stay long, and a begun head may not. How long a
body may take is for `channels.kit.serving` to say.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError, LineTooLong
from aiohttp.web_protocol import RequestHandler, RequestPayloadError
from aiohttp.web_request import BaseRequest

from app.limits import is_at_home, neighbourhood, within
from channels.kit import serving

log = logging.getLogger(__name__)

Handler = Callable[[BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds, and how many connections one address may hold."""

    head: float = 10.0  # from connecting, or a kept connection's first byte, to the last header
    idle: float = 75.0  # between two requests; nginx keeps its upstream connections for 60
    answer: float = 10.0  # how long somebody may read nothing of what we answer
    linger: float = 3.0  # what follows a refusal is read so long: a reset would lose the refusal
    connections: int = 200


@dataclass(slots=True)
class Listener:
    """An open port and what its connections have in common; call it for a new connection."""

    runner: web.ServerRunner
    server: web.Server
    deadlines: Deadlines
    proxies: tuple[str, ...]  # trusted ones may hold as many connections as they want
    held: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _sockets: asyncio.Server | None = None

    def __call__(self) -> Connection:
        return Connection(self)

    def leaves(self, address: str) -> None:
        self.held[address] -= 1
        if not self.held[address]:
            del self.held[address]

    async def open(self, host: str, port: int) -> None:
        self._sockets = await asyncio.get_running_loop().create_server(self, host, port)
        self.port = self._sockets.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """No new connections; requests in flight are finished."""
        if self._sockets:
            self._sockets.close()
        await self.runner.cleanup()


async def listen(
    handle: Handler,
    host: str,
    port: int,
    *,
    proxies: tuple[str, ...] = (),
    deadlines: Deadlines | None = None,
) -> Listener:
    """Serve requests; raises `OSError` where that is not possible."""
    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=5.0)
    await runner.setup()
    listener = Listener(runner, cast(web.Server, runner.server), deadlines or Deadlines(), proxies)
    try:
        await listener.open(host, port)
    except OSError:
        await listener.close()
        raise
    return listener


class Connection(RequestHandler):
    """One connection. Reading and answering is aiohttp's; deadlines, and the words for nonsense, are ours."""

    __slots__ = ("_from", "_late", "_listener", "_unread")

    def __init__(self, listener: Listener) -> None:
        super().__init__(
            listener.server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # so that aiohttp writes none
            keepalive_timeout=listener.deadlines.idle,
            lingering_time=listener.deadlines.linger,
        )
        self._listener = listener
        self._from = ""  # set while this connection is counted
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        if peer and not is_at_home(peer[0]) and not within(peer[0], self._listener.proxies):
            self._from = neighbourhood(peer[0])
            self._listener.held[self._from] += 1
            if self._listener.held[self._from] > self._listener.deadlines.connections:
                cast(asyncio.Transport, transport).abort()
                return
        super().connection_made(transport)
        self._late = self._cut_in(self._listener.deadlines.head)

    def connection_lost(self, exc: BaseException | None) -> None:
        for timer in (self._late, self._unread):
            if timer:
                timer.cancel()
        if self._from:
            self._listener.leaves(self._from)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        heads = self._request_count
        super().data_received(data)
        if self._request_count != heads:
            if self._late:
                self._late.cancel()
                self._late = None
        elif data and self._late is None and self._waiter and not self._waiter.done():
            self._late = self._cut_in(self._listener.deadlines.head)  # another head has begun

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader(math.inf)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread:
            self._unread.cancel()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP is refused in silence, what we fail at is logged; the caller hears no details."""
        if status >= 500:
            log.error("a request failed", exc_info=exc or True)
            refusal = serving.problem(500, "Nothing is known to be stored. Send the same call again later.")
        elif isinstance(exc, ContentEncodingError):
            refusal = serving.problem(415, serving.ENCODINGS_HELP)
        else:
            refusal = serving.problem(
                431 if isinstance(exc, LineTooLong) else 400, "This is not HTTP as we read it."
            )
        if request.writer.output_size > 0:
            raise ConnectionError("half of another answer is on its way")
        refusal.force_close()
        return refusal

    def log_exception(self, *args: Any, exc_info: Any = None, **more: Any) -> None:
        """A body that broke was answered for already; aiohttp meets it again while it lingers."""
        if not isinstance(exc_info, RequestPayloadError | HttpProcessingError):
            super().log_exception(*args, exc_info=exc_info, **more)

    def _watch_reader(self, waiting: float) -> None:
        """Cut who has read nothing since `waiting` bytes were to be sent."""
        now = self.transport.get_write_buffer_size() if self.transport is not None else waiting
        if now < waiting:
            self._unread = self._loop.call_later(self._listener.deadlines.answer, self._watch_reader, now)
        else:
            self._cut()

    def _cut_in(self, seconds: float) -> asyncio.TimerHandle:
        return self._loop.call_later(seconds, self._cut)

    def _cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()
