"""One running service: its parts, and starting and stopping them in order.

The doors open first: a lead can be taken before Telegram's library is even imported.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import aiohttp

from app.importing import settled
from app.inbound import poll_source
from app.listener import Deadlines, Handler, Listener, listen
from app.metrics import Metrics
from app.registering import Registering
from app.settings import Settings
from app.singles import Leases
from app.sources import Sources
from app.troubles import Troubles
from channels.kit.contract import Channel, Source
from channels.kit.discover import offers
from scheduler.destinations import Destinations
from scheduler.drains import Drain, run_drain
from scheduler.runner import Runner
from scheduler.ticks import Tick, start_ticks
from storage.store import Store

log = logging.getLogger(__name__)

SOURCES_EVERY = 2.0  # seconds
ANSWERS_WITHIN = 5.0  # seconds; a database that takes longer is none to accept with


@dataclass(slots=True)
class Runtime:
    """The parts of one service; `start` opens the doors, `close` leaves nothing half done."""

    settings: Settings
    roles: frozenset[str]
    store: Store
    http: aiohttp.ClientSession
    channels: Mapping[str, Channel]
    sources: Sources
    metrics: Metrics
    now: Callable[[], datetime]
    runner: Runner
    leases: Leases
    destinations: Destinations
    troubles: Troubles
    registering: Registering
    drains: Sequence[Drain[Any]]
    ticks: Sequence[Tick]
    answer: Handler | None = None
    start_desk: Callable[[], None] | None = None
    url: str = ""
    deadlines: Deadlines = field(default_factory=Deadlines)
    _listener: Listener | None = None
    _closers: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    _polled: dict[int, Source] = field(default_factory=dict)

    async def start(self) -> None:
        await self.sources.refresh()
        self.leases.start()
        if "web" in self.roles and self.answer:
            await self._listen(self.answer)
            self.runner.start("sources", self._keep_sources)
        else:
            self.runner.start("reread", self._keep_sources)
        for drain in self.drains:
            self.run(drain)
        if self.ticks:
            scheduler = start_ticks(self.ticks)
            self.on_close(_shutting(scheduler.shutdown))
        settled()
        if self.start_desk:
            self.start_desk()

    def run(self, drain: Drain[Any]) -> None:
        self.runner.start(drain.name, lambda stop, beat: run_drain(drain, stop, beat))

    def on_close(self, close: Callable[[], Awaitable[object]]) -> None:
        """Closers run last in, first out, after the loops have ended."""
        self._closers.append(close)

    async def close(self) -> None:
        """The listener first, then the loops, then what they used."""
        if self._listener:
            await self._listener.close()
        await self.runner.close()
        for close in reversed(self._closers):
            await close()
        await self.leases.close()
        await self.http.close()
        await self.store.close()

    async def problems(self) -> Mapping[str, str]:
        """What stands in the way of being ready."""
        found = dict.fromkeys(self.runner.hanging(), "hangs")
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await self.store.ping()
        except Exception as error:
            found["store"] = type(error).__name__
        return found

    async def _listen(self, handle: Handler) -> None:
        host, port = self.settings.host, self.settings.port
        proxies = self.settings.trusted_proxies
        self._listener = await listen(handle, host, port, proxies=proxies, deadlines=self.deadlines)
        self.url = f"http://{host}:{self._listener.port}"

    async def _keep_sources(self, stop: asyncio.Event, beat: Callable[[], None]) -> None:
        """Reread the sources; as `web`, poll or register those that are not pushed to us already."""
        while not stop.is_set():
            beat()
            try:
                await self.sources.refresh()
                if "web" in self.roles:
                    await self._connect_sources()
            except Exception:
                log.exception("sources could not be read; trying again")
            try:
                await asyncio.wait_for(stop.wait(), SOURCES_EVERY)
            except TimeoutError:
                continue

    async def _connect_sources(self) -> None:
        wanted = {}
        for source in self.sources.all():
            channel = self.channels[source.channel]
            if self.settings.public_url:
                self.registering.keep(channel, source)
            elif offers(channel, "poll"):
                wanted[f"poll:{source.id}"] = (channel, source)
        for name in self.runner.names("poll:"):
            changed = name in wanted and self._polled.get(wanted[name][1].id) != wanted[name][1]
            if name not in wanted or changed:
                await self.runner.end(name)
        for name, (channel, source) in wanted.items():
            if not self.runner.running(name):
                self._polled[source.id] = source
                self.runner.start(name, self.leases.loop(name, self._poller(channel, source)))

    def _poller(self, channel: Channel, source: Source) -> Callable[..., Awaitable[None]]:
        async def poll(stop: asyncio.Event, beat: Callable[[], None]) -> None:
            watch = partial(self.troubles.asked, self.destinations.polled)
            await poll_source(
                self.http, watch, channel, source, self.store, self.metrics, self.now, stop, beat
            )

        return poll


def _shutting(shutdown: Callable[..., None]) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        shutdown(wait=False)

    return close
