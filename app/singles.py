"""What only one of several processes does at a time: whoever holds its lease.

Where two of them believe to hold it for a moment, rows have leases of their own and settle but once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection

from app.inbound import or_stopped
from leads.errors import StoreUnavailable
from scheduler.runner import Loop
from storage.store import Store

HELD = 10.0  # seconds
SURE = 8.0  # seconds from asking in which we act on it: less than others wait, for clocks differ
RENEWED = 3.0
AGAIN = 1.0  # seconds until a loop asks again for what somebody else holds

log = logging.getLogger(__name__)

Take = Callable[[Collection[str], float], Awaitable[Collection[str]]]
Leave = Callable[[], Awaitable[object]]


class Leases:
    """Those that this process holds, by name: taken where they are needed, all prolonged in one statement."""

    def __init__(self, take: Take, leave: Leave, clock: Callable[[], float] = time.monotonic) -> None:
        self._take = take
        self._leave = leave
        self._clock = clock
        self._sure_until: dict[str, float] = {}
        self._lost: dict[str, asyncio.Event] = {}
        self._heart: asyncio.Task[None] | None = None
        self.on_lost: dict[str, Callable[[], None]] = {}
        """what to do when the lease of that name went to somebody else"""

    def start(self) -> None:
        self._heart = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Others may have them at once."""
        if self._heart:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
        with contextlib.suppress(StoreUnavailable):  # then they run out
            await self._leave()

    def sure(self, name: str) -> bool:
        """Whether it is ours without asking."""
        return self._clock() < self._sure_until.get(name, 0.0)

    async def ours(self, *names: str) -> frozenset[str]:
        """Those of them that are ours; what is free is taken."""
        await self._ask([name for name in names if not self.sure(name)])
        return frozenset(filter(self.sure, names))

    def only(self, name: str, do: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """Does it while the lease is ours, and nothing otherwise."""

        async def done_by_one() -> None:
            if await self.ours(name):
                await do()

        return done_by_one

    def loop(self, name: str, work: Loop) -> Loop:
        """Works while the lease is ours, and waits for it otherwise."""

        async def worked_by_one(stop: asyncio.Event, beat: Callable[[], None]) -> None:
            while not stop.is_set():
                beat()
                if await self.ours(name):
                    await or_stopped(work(stop, beat), self._lost[name])
                else:
                    await or_stopped(asyncio.sleep(AGAIN), stop)

        return worked_by_one

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEWED)
            held = list(self._sure_until)
            try:
                await self._ask(held)
            except Exception:
                log.exception("leases could not be prolonged; trying again")
            for name in held:
                if not self.sure(name):
                    self._forget(name)

    async def _ask(self, names: Collection[str]) -> None:
        """Nothing changes when the store is away: what is ours is so for a while."""
        if not names:
            return
        asked = self._clock()
        with contextlib.suppress(StoreUnavailable):
            got = await self._take(names, HELD)
            for name in names:
                if name in got:
                    self._sure_until[name] = asked + SURE
                    self._lost.setdefault(name, asyncio.Event())
                else:
                    self._forget(name)

    def _forget(self, name: str) -> None:
        if self._sure_until.pop(name, None) is None:
            return
        log.warning("another process may do %s now", name)
        self._lost.pop(name).set()
        if name in self.on_lost:
            self.on_lost[name]()


def leases_of(store: Store, owner: str) -> Leases:
    """Nobody else asks where the store has one service: there all is ours, and nothing is written."""
    if store.sole:
        return Leases(_all, _nothing)

    async def take(names: Collection[str], seconds: float) -> Collection[str]:
        return await store.lease(names, owner, seconds)

    async def leave() -> None:
        await store.release_leases(owner)

    return Leases(take, leave)


async def _all(names: Collection[str], seconds: float) -> Collection[str]:
    return names


async def _nothing() -> None:
    pass
