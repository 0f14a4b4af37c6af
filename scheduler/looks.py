"""Whether a destination answers, found out by calls without an effect."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

from leads.events import SendCode, SendError

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds
WITHIN = 5.0

Look = Callable[[int], Awaitable[object]]
"""asks that destination something that changes nothing; raises `SendError` when it is not there"""


class Looks:
    """At most one look a second at each destination.

    Where nothing answers, the looks hang as well: the next one does not wait for them, any answer counts.
    """

    def __init__(self, look: Look, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._running: dict[int, set[asyncio.Task[None]]] = defaultdict(set)
        self._began: dict[int, float] = {}
        self._answered: dict[int, float] = {}
        self._missed: dict[int, float] = {}

    async def there(self, key: int) -> bool:
        """Whether it answered a moment ago, or does so within a second."""
        asked, running = self._clock(), self._running[key]
        if asked - self._began.get(key, -EVERY) >= EVERY:
            self._began[key] = asked
            task = asyncio.create_task(self._once(key))
            running.add(task)
            task.add_done_callback(running.discard)
        while running and not self._fresh(key, asked) and (left := asked + EVERY - self._clock()) > 0:
            await asyncio.wait(set(running), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not self._fresh(key, asked):
            self._missed[key] = self._clock()
            return False
        return True

    def missed_since(self, key: int, moment: float) -> bool:
        """Whether nobody answered then or later, whoever looked."""
        return self._missed.get(key, moment - 1) >= moment

    async def close(self) -> None:
        tasks = [task for running in self._running.values() for task in running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fresh(self, key: int, asked: float) -> bool:
        return self._answered.get(key, asked - EVERY) > asked - EVERY

    async def _once(self, key: int) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                await self._look(key)
        except TimeoutError:
            return
        except SendError as error:
            if error.code is SendCode.UNAVAILABLE:
                return
        except Exception:
            # Taken for an answer: our own fault must not keep the rows back for ever.
            log.exception("looking at destination %s failed", key)
        self._answered[key] = self._clock()
