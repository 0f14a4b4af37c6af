"""Keeps loops running: a loop that fails is logged and started again; stopping waits, but not for ever."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

RESTART_AFTER = 1.0  # seconds
STALE_AFTER = 120.0  # seconds without a beat: the loop hangs

Loop = Callable[[asyncio.Event, Callable[[], None]], Awaitable[None]]


class Runner:
    """Named loops with a common stop signal. Readiness asks `hanging`."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._beats: dict[str, float] = {}

    def start(self, name: str, loop: Loop) -> None:
        """Start a loop: `loop(stop, beat)`, which shall call `beat` more often than once a minute."""
        self._beats[name] = time.monotonic()
        self._tasks[name] = asyncio.create_task(self._kept(name, loop), name=name)

    def running(self, name: str) -> bool:
        return name in self._tasks

    def names(self, prefix: str) -> list[str]:
        """The running loops whose names begin so."""
        return [name for name in self._tasks if name.startswith(prefix)]

    async def end(self, name: str) -> None:
        """Cancel one loop."""
        self._beats.pop(name, None)
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def hanging(self) -> list[str]:
        """The loops that gave no sign of life for too long."""
        now = time.monotonic()
        return [name for name, beat in self._beats.items() if now - beat > STALE_AFTER]

    async def close(self, within: float = 8.0) -> None:
        """Ask all loops to stop, wait at most `within` seconds, then cancel."""
        self.stop.set()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=within)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _kept(self, name: str, loop: Loop) -> None:
        while not self.stop.is_set():
            try:
                await loop(self.stop, lambda: self._beat(name))
                self._beats.pop(name, None)  # done for good: silence is no sign of hanging
                return
            except Exception:
                log.exception("loop %s failed; starting it again", name)
                self._beat(name)
                await asyncio.sleep(RESTART_AFTER)

    def _beat(self, name: str) -> None:
        self._beats[name] = time.monotonic()
