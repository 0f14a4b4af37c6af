"""Tells vendors our address, once for each change of a source's settings; none of them holds up another."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field

import aiohttp

from app.sources import label
from app.troubles import Troubles
from channels.kit.contract import Channel, Source
from channels.kit.discover import offers
from leads.events import SendCode, SendError

AGAIN = 60.0  # seconds after a failure: registering costs from a vendor's budget, too

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Registering:
    """One for a runtime; `base_url` is how the internet reaches us."""

    http: aiohttp.ClientSession
    troubles: Troubles
    base_url: str
    _done: dict[int, Source] = field(default_factory=dict)
    _failed: dict[int, tuple[Source, float]] = field(default_factory=dict)
    _refused: set[int] = field(default_factory=set)  # by their vendor, when it was told our address
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def keep(self, channel: Channel, source: Source) -> None:
        """Begin to register it, unless that is done, under way, or failed a moment ago."""
        failed, again_at = self._failed.get(source.id, (None, 0.0))
        too_soon = failed == source and time.monotonic() < again_at
        if not offers(channel, "register") or self._done.get(source.id) == source or too_soon:
            return
        if source.id not in self._tasks:
            task = self._tasks[source.id] = asyncio.create_task(self._register(channel, source))
            task.add_done_callback(lambda _: self._tasks.pop(source.id))

    async def close(self) -> None:
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _register(self, channel: Channel, source: Source) -> None:
        try:
            await channel.register(self.http, source, f"{self.base_url}/in/{source.channel}/{source.key}")
        except SendError as error:
            log.warning("source %s: the webhook could not be registered: %s", label(source.key), error)
            self._failed[source.id] = source, time.monotonic() + (error.retry_after or AGAIN)
            if error.code is SendCode.MISCONFIGURED:
                self._refused.add(source.id)
                await self.troubles.begin(source.id, error.detail)
            return
        except Exception:
            log.exception("source %s: the webhook could not be registered", label(source.key))
            self._failed[source.id] = source, time.monotonic() + AGAIN
            return
        self._done[source.id] = source
        if source.id in self._refused:
            self._refused.discard(source.id)
            await self.troubles.end(source.id)
