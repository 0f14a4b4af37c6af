"""Telegram's budgets as numbers: per bot a second, per private chat a second, per group a minute.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
All times are seconds of one clock that the caller reads.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST = 5
SLOWEST = 1 / 8  # of the full pace, after several refusals
DOUBLES = 60.0  # seconds in which a pace that was cut comes back to twice as much
REMEMBERED = 5000  # chats


@dataclass(slots=True)
class Bucket:
    """What may be spent: `rate` a second, BURST at once. A refusal halves the pace for a while."""

    rate: float
    at: float
    tokens: float = BURST
    opens: float = 0.0
    pace: float = 1.0

    def wait(self, now: float) -> float:
        """Seconds until one may be spent."""
        if now < self.opens:
            return self.opens - now
        self._fill(now)
        missing = 1 - self.tokens
        return missing / (self.rate * self._pace(now)) if missing > 1e-9 else 0.0

    def take(self) -> None:
        self.tokens -= 1

    def refuse(self, now: float, seconds: float) -> None:
        """Closed for so long; one may be spent right then."""
        self.pace = max(self._pace(now) / 2, SLOWEST)
        self.opens = self.at = now + seconds
        self.tokens = 1

    def idle(self, now: float) -> bool:
        self._fill(now)
        return now > self.opens and self.tokens >= BURST and self._pace(now) >= 1

    def _fill(self, now: float) -> None:
        if now > self.at:
            self.tokens = min(BURST, self.tokens + (now - self.at) * self.rate * self._pace(now))
            self.at = now

    def _pace(self, now: float) -> float:
        return float(min(1.0, self.pace * 2 ** min(10.0, max(0.0, now - self.opens) / DOUBLES)))


class Budgets:
    """The buckets of one bot and of its chats; a chat below zero is a group."""

    def __init__(self, bot: float, chat: float, group: float, now: float) -> None:
        # A small burst for the bot, too, or twice its budget could go out within the first second.
        self._bot = Bucket(bot, now)
        self._chat = chat
        self._group = group / 60
        self._chats: dict[int, Bucket] = {}

    def fresh(self, now: float) -> Budgets:
        """The same limits, nothing spent and nothing learned."""
        return Budgets(self._bot.rate, self._chat, self._group * 60, now)

    def closed(self, chat: int, now: float) -> float:
        """Seconds for which Telegram told us to leave this chat alone."""
        bucket = self._chats.get(chat)
        return max(bucket.opens - now, 0.0) if bucket else 0.0

    def all_closed(self, now: float) -> frozenset[int]:
        return frozenset(chat for chat in self._chats if self.closed(chat, now))

    def wait_for_chat(self, chat: int, now: float) -> float:
        return self._bucket(chat, now).wait(now)

    def wait_for_bot(self, now: float) -> float:
        return self._bot.wait(now)

    def take(self, chat: int, now: float) -> None:
        self._bot.take()
        self._bucket(chat, now).take()

    def refuse(self, chat: int, seconds: float, now: float) -> None:
        self._bucket(chat, now).refuse(now, seconds)

    def _bucket(self, chat: int, now: float) -> Bucket:
        if chat not in self._chats:
            if len(self._chats) >= REMEMBERED:
                self._chats = {one: bucket for one, bucket in self._chats.items() if not bucket.idle(now)}
            self._chats[chat] = Bucket(self._group if chat < 0 else self._chat, now)
        return self._chats[chat]
