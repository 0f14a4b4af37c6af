"""Waiting for Telegram's budgets: what is urgent goes first, and a 429 stops one chat only."""

from __future__ import annotations

import asyncio
import time
from bisect import insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from bot.budgets import BURST, Budgets
from leads.events import SendCode, SendError

SOON = 0.1  # seconds

__all__ = ["BURST", "Rates", "rates"]


@dataclass(order=True, slots=True)
class _Waiter:
    urgency: int
    number: int
    chat: int = field(compare=False)
    go: asyncio.Future[None] = field(compare=False)


class Rates:
    """`await spend(chat)` before each call: it returns when the chat and the bot may, the urgent first.

    Raises RETRY for a chat that Telegram has just closed, and after `close` to whoever would have to wait.
    """

    def __init__(
        self, bot: float, chat: float, group: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._budgets = Budgets(bot, chat, group, clock()) if bot else None
        self._waiting: list[_Waiter] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False

    @property
    def limited(self) -> bool:
        """Whether there are budgets at all."""
        return self._budgets is not None

    async def spend(self, chat: int, urgency: int = 0) -> None:
        if self._budgets is None:
            return
        if seconds := self._budgets.closed(chat, self._clock()):
            raise _closed(seconds)
        waiter = _Waiter(urgency, next(self._numbers), chat, asyncio.get_running_loop().create_future())
        insort(self._waiting, waiter)
        self._serve()
        if self._ended:
            self.close()
        try:
            await waiter.go
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def refused(self, chat: int, seconds: float) -> None:
        """Telegram answered 429: leave this chat alone for so long, and be slower there for a while."""
        if self._budgets is None:
            return
        self._budgets.refuse(chat, seconds, self._clock())
        self._drop(lambda waiter: _closed(seconds) if waiter.chat == chat else None)

    def closed(self) -> frozenset[int]:
        """The chats that Telegram told us to leave alone for now."""
        return self._budgets.all_closed(self._clock()) if self._budgets else frozenset()

    def close(self) -> None:
        """The service stops: whoever waits shall not."""
        self._ended = True
        if self._timer:
            self._timer.cancel()
        self._drop(lambda waiter: _ending())

    def forget(self) -> None:
        """Another process spends now: whoever waits shall not, and what was learned is old."""
        if self._budgets:
            self._budgets = self._budgets.fresh(self._clock())
        self._drop(lambda waiter: _ending())

    def _serve(self) -> None:
        """Let go who may, in order; look again when the next one may."""
        budgets, now, waits = self._budgets, self._clock(), []
        assert budgets  # noqa: S101  (nobody waits without)
        for waiter in list(self._waiting):
            if wait := budgets.wait_for_bot(now):
                waits.append(wait)
                break
            if wait := budgets.wait_for_chat(waiter.chat, now):
                waits.append(wait)
                continue
            budgets.take(waiter.chat, now)
            self._waiting.remove(waiter)
            if not waiter.go.done():
                waiter.go.set_result(None)
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(min(waits), self._serve) if waits else None

    def _drop(self, why: Callable[[_Waiter], SendError | None]) -> None:
        for waiter in list(self._waiting):
            error = why(waiter)
            if error:
                self._waiting.remove(waiter)
                if not waiter.go.done():
                    waiter.go.set_exception(error)


def rates(numbers: Mapping[str, float] | None) -> Rates:
    """From `{"bot": 30, "chat": 1, "group": 20}`, a missing one by Telegram's word; None: no limits."""
    if numbers is None:
        return Rates(0, 0, 0)
    return Rates(numbers.get("bot", 30), numbers.get("chat", 1), numbers.get("group", 20))


def _closed(seconds: float) -> SendError:
    return SendError(SendCode.RETRY, "Telegram asked to leave this chat alone", retry_after=seconds)


def _ending() -> SendError:
    return SendError(SendCode.RETRY, "the service stops", retry_after=SOON)
