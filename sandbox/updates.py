"""One bot's queue of updates, and the long poll on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any

# https://core.telegram.org/bots/api#getupdates: everything except these, unless asked for
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True)
class Updates:
    pending: dict[int, dict[str, Any]] = field(default_factory=dict)
    """not yet confirmed, by id"""
    allowed: frozenset[str] = frozenset()
    last_id: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _waiter: asyncio.Future[bool] | None = None

    @property
    def waiting(self) -> bool:
        """Whether a long poll is parked here now."""
        return self._waiter is not None

    def wants(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def allow(self, kinds: Sequence[str] | None) -> None:
        """None keeps the earlier choice, an empty list goes back to the default, as at Telegram."""
        if kinds is not None:
            self.allowed = frozenset(kinds)

    def push(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.last_id += 1
        update = {"update_id": self.last_id, kind: payload}
        self.pending[self.last_id] = update
        self.arrived.set()
        self._wake(superseded=False)
        return update

    def settle(self, update_id: int) -> None:
        """One update was delivered."""
        self.pending.pop(update_id, None)

    def drop(self) -> None:
        self.pending.clear()

    def interrupt(self) -> None:
        """End the long poll that is waiting, with a conflict."""
        self._wake(superseded=True)

    async def poll(self, offset: int | None, limit: int, wait: int) -> list[dict[str, Any]] | None:
        """The updates from `offset` on; None when a newer poll took over."""
        self.interrupt()
        self._confirm(offset)
        if not self.pending and wait > 0 and await self._superseded_within(wait):
            return None
        return list(islice(self.pending.values(), limit))

    def _confirm(self, offset: int | None) -> None:
        if not offset:
            return
        if offset < 0:
            offset = self.last_id + 1 + max(offset, -len(self.pending))
        for update_id in list(takewhile(lambda known: known < offset, self.pending)):
            del self.pending[update_id]

    async def _superseded_within(self, seconds: int) -> bool:
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiter = waiter
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except TimeoutError:
            return False
        finally:
            if self._waiter is waiter:
                self._waiter = None

    def _wake(self, *, superseded: bool) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(superseded)
            self._waiter = None
