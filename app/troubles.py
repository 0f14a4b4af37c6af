"""Sources whose access the vendor refuses: the heads are told once, and once more when it works again.

What waits for such a source stays in the outbox; `scheduler.destinations` tries one row now and then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from app.inbound import Polled, Watch
from app.sources import Sources, label
from leads.changes import Changes, Outbound, ToCustomer, ToManager, Trouble, View
from leads.delivery import NEWS
from leads.errors import StoreUnavailable
from leads.events import SendCode, SendError, Sent
from leads.routing import heads
from storage.store import Store

LONGEST = 300  # characters of the vendor's own words

log = logging.getLogger(__name__)


class Troubles:
    """One for a process; whoever else works for the same source learns of it from the store."""

    def __init__(self, store: Store, sources: Sources) -> None:
        self._store = store
        self._sources = sources
        self._one_at_a_time = asyncio.Lock()
        self._renewed: set[int] = set()  # has new settings: if these are refused too, that is news
        sources.on_change.append(self._renewed.add)
        self._silent: set[int] = set()  # where asking for news was what found the trouble

    async def watched(self, send: Callable[[Outbound], Awaitable[Sent]], row: Outbound) -> Sent:
        """Send a row to a customer; note when the vendor refuses us, and when it takes something again."""
        source_id = row.body.source_id if isinstance(row.body, ToCustomer) else 0
        try:
            sent = await send(row)
        except SendError as error:
            if error.code is SendCode.MISCONFIGURED and await self.begin(source_id, error.detail):
                error.data[NEWS] = "1"
            raise
        await self.end(source_id)
        return sent

    async def asked(self, watch: Watch, source_id: int, ask: Callable[[], Awaitable[Polled]]) -> Polled:
        """The same for asking a vendor for news."""
        try:
            polled = await watch(source_id, ask)
        except SendError as error:
            if error.code is SendCode.MISCONFIGURED:
                self._silent.add(source_id)
                await self.begin(source_id, error.detail)
            raise
        if source_id in self._silent:
            self._silent.discard(source_id)
            await self.end(source_id)
        return polled

    async def begin(self, source_id: int, why: str) -> bool:
        """Note that the vendor refuses us; whether that is news."""
        if self._sources.trouble(source_id) == "" or source_id in self._renewed:
            return await self._note(source_id, why[:LONGEST] or "?", "source-stopped")
        return False

    async def end(self, source_id: int) -> None:
        """It took something: if it stood still, it does not any more."""
        if self._sources.trouble(source_id):
            await self._note(source_id, "", "source-mended")

    async def _note(self, source_id: int, why: str, key: str) -> bool:
        """The note and its telling are one transaction: no stop in between silences it or repeats it."""
        async with self._one_at_a_time:
            if bool(self._sources.trouble(source_id)) == bool(why) and source_id not in self._renewed:
                return False
            self._renewed.discard(source_id)
            source = await self._sources.by_id(source_id)
            if source is None:
                return False
            door = label(source.key)
            log.warning("source %s: %s", door, f"stands still: {why}" if why else "works again")
            args = {"key": key, "channel": source.channel, "source": door, "why": why}
            try:
                chats = [one.telegram_id for one in heads(await self._store.managers())]
                rows = [ToManager(View.SAY, one, args=args, coalesce=f"{key}:{door}:{one}") for one in chats]
                await self._store.commit(Changes(put=(Trouble(source_id, why), *rows)))
                await self._sources.refresh()
            except StoreUnavailable:
                return False  # the next row will find it out again
            return True
