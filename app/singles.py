"""What only one of several processes does at a time: whoever holds its lease."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

HELD = 10.0  # seconds
RENEWED = 3.0  # seconds; asked no more often than this

Take = Callable[[str, str, float], Awaitable[bool]]


class Single:
    """`only(do)` does it while the lease `name` is ours, and nothing otherwise."""

    def __init__(self, take: Take, name: str, owner: str) -> None:
        self._take = take
        self._name = name
        self._owner = owner
        self._sure_until = 0.0

    async def ours(self) -> bool:
        if time.monotonic() < self._sure_until:
            return True
        asked = time.monotonic()
        if not await self._take(self._name, self._owner, HELD):
            return False
        self._sure_until = asked + RENEWED
        return True

    def only(self, do: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        async def done_by_one() -> None:
            if await self.ours():
                await do()

        return done_by_one
