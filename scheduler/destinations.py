"""Destinations that are away: their rows wait, one of them tries each second, its success releases all.

A destination is a bot or a source, by a number. Nothing of this is stored: each process finds out by itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from leads.events import SendCode, SendError
from scheduler.looks import EVERY, Look, Looks

T = TypeVar("T")
Call = Callable[[], Awaitable[T]]

SILENT = 2.0  # seconds without an answer, after which somebody looks whether the destination is there
SOON = 0.1  # seconds until a poll that was given up may begin anew
LONGEST = 30.0  # seconds that a row waits that fails while others go
MENDED_EVERY = 60.0  # seconds between two tries in the end, where a person has to mend something
Standstill = Mapping[SendCode, float]
"""failures of a destination as a whole, and at most how many seconds lie between two tries of its rows"""

AWAY: Standstill = {SendCode.UNAVAILABLE: EVERY}
AWAY_OR_WRONG: Standstill = {**AWAY, SendCode.MISCONFIGURED: MENDED_EVERY}

log = logging.getLogger(__name__)
_probing: ContextVar[bool] = ContextVar("probing", default=False)


@dataclass(slots=True)
class _Away:
    newest: float  # when the newest call began that failed
    probe_at: float
    longest: float
    pause: float = EVERY
    prober: int = 0
    failures: Counter[int] = field(default_factory=Counter)  # of the rows that tried


class Destinations:
    """`back` is called whenever rows may go that could not before."""

    def __init__(
        self,
        look: Look,
        back: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        standstill: Standstill = AWAY,
    ) -> None:
        self._standstill = standstill
        self._looks = Looks(look, clock)
        self._on_back = back
        self._clock = clock
        self._out: dict[int, _Away] = {}
        self._returned: dict[int, float] = {}
        self._suspects: dict[int, int] = {}

    async def close(self) -> None:
        await self._looks.close()

    def away(self) -> frozenset[int]:
        return frozenset(self._out)

    def due(self) -> list[int]:
        """Those where one row shall try now; after a pause they are due again."""
        now = self._clock()
        due = [key for key, out in self._out.items() if out.probe_at <= now]
        for key in due:
            out = self._out[key]
            out.probe_at, out.pause = now + out.pause, min(out.pause * 2, out.longest)
        return due

    def choose(self, key: int, rows: Sequence[int]) -> int:
        """The row that shall try: whichever failed least, so that a bad one does not speak for all."""
        out = self._out.get(key)
        if out is None:
            return rows[0]
        out.prober = min(rows, key=lambda row: out.failures[row])
        return out.prober

    async def tried(self, key: int, row: int, send: Call[T]) -> T:
        """Send a row, unless its destination is away and another one tries.

        Passes on what `send` raises; UNAVAILABLE with the seconds after which the row may be claimed again.
        """
        out = self._out.get(key)
        probing = out is not None and out.prober == row
        if out and not probing:
            raise _waiting()
        began, token = self._clock(), _probing.set(probing)
        try:
            if probing and not await self._looks.there(key):
                raise SendError(SendCode.UNAVAILABLE, "it does not answer")
            sent = await send()
        except SendError as error:
            if error.code in self._standstill:
                longest = self._standstill[error.code]
                error.retry_after = self._failed(key, row, began, longest, probing=probing)
            else:
                self._went(key, row, began)
            raise
        finally:
            _probing.reset(token)
        self._went(key, row, began)
        return sent

    async def answered(self, key: int, call: Call[T]) -> T:
        """One call. If it is silent through an outage, it is given up as soon as the destination is back."""
        if key in self._out and not _probing.get():
            raise _waiting()
        return await self._outlived(key, call, EVERY / 2, partial(self._lost, key))

    async def polled(self, key: int, call: Call[T]) -> T:
        """As `answered`, but silence is this call's nature: it tells nothing of the destination."""
        return await self._outlived(key, call, SILENT, lambda _: None)

    async def _outlived(self, key: int, call: Call[T], every: float, missed: Callable[[float], object]) -> T:
        """`missed` is told when the call began, at each look that nobody answers."""
        began, task = self._clock(), asyncio.ensure_future(call())
        try:
            await asyncio.wait({task}, timeout=SILENT)
            while not task.done():
                there = await self._looks.there(key)
                if there and self._looks.missed_since(key, began) and not task.done():
                    self.look_again(key)
                    raise SendError(SendCode.UNAVAILABLE, "no answer before it was back", retry_after=SOON)
                if not there:
                    missed(began)
                await asyncio.wait({task}, timeout=every if there else EVERY / 10)
            return await task
        finally:
            task.cancel()

    def _failed(self, key: int, row: int, began: float, longest: float, *, probing: bool) -> float:
        """In how many seconds the row may be claimed again."""
        if row in self._suspects:
            self._suspects[row] += 1
            return float(min(2 ** self._suspects[row], LONGEST))
        if self._lost(key, began, longest) and probing:
            self._out[key].failures[row] += 1
        return 0.0

    def _lost(self, key: int, began: float, longest: float = EVERY) -> bool:
        """False where that is old news: what began before the destination came back."""
        if began < self._returned.get(key, began):
            return False
        if key not in self._out:
            log.warning("destination %s is away: its rows wait", key)
            self._out[key] = _Away(began, self._clock() + EVERY, longest)
        self._out[key].newest = max(began, self._out[key].newest)
        self._out[key].longest = longest
        return True

    def _went(self, key: int, row: int, began: float) -> None:
        """It answered; that counts if the call began after all those that failed."""
        self._suspects.pop(row, None)
        out = self._out.get(key)
        if out is None or began <= out.newest:
            return
        log.warning("destination %s is back", key)
        del self._out[key]
        self._returned[key] = self._clock()
        self._suspects |= {each: 0 for each in out.failures if each != row}
        self._on_back()

    def look_again(self, key: int) -> None:
        """Try at once: something has changed."""
        if key in self._out:
            self._out[key].probe_at = self._clock()
            self._on_back()


def _waiting() -> SendError:
    return SendError(SendCode.UNAVAILABLE, "its destination is away", retry_after=0.0)
