"""Faults on command: what the stand-in does wrong, to whom, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["too_many", "server_error", "slow", "error", "drop_after_effect", "hang", "lost_topic"]


@dataclass(slots=True)
class Fault:
    """One rule; it applies to every call that its `bot` (username), `method` and `chat_id` do not exclude.

    too_many            429 with `retry_after`
    server_error        `code` (500 unless told), no effect
    error               `code` and `description`, no effect
    slow                the answer comes `seconds` later
    drop_after_effect   the effect happens, the connection is closed without an answer
    hang                no effect and no answer until the caller gives up
    lost_topic          a message to a deleted topic lands silently in the main chat, as in tdlib's issue 854
    """

    kind: Kind
    times: int | None = None
    bot: str | None = None
    method: str | None = None
    chat_id: int | None = None
    retry_after: int = 1
    code: int = 0
    description: str = ""
    seconds: float = 1.0

    def fits(self, bot: str, method: str, chat_id: int | None) -> bool:
        return (
            self.bot in (None, bot)
            and (self.method is None or self.method.lower() == method.lower())
            and self.chat_id in (None, chat_id)
        )


@dataclass(slots=True)
class Bucket:
    """Messages that one chat may still get now."""

    tokens: float
    at: datetime


@dataclass(slots=True)
class Faults:
    """`per_chat` messages a second (burst 5) makes real buckets; None is off.

    `webhook_duplicate`: every webhook delivery is made twice; `webhook_reorder`: pairs are swapped.
    """

    clock: Callable[[], datetime]
    rules: list[Fault] = field(default_factory=list)
    per_chat: float | None = None
    webhook_duplicate: bool = False
    webhook_reorder: bool = False
    _buckets: dict[tuple[int, int], Bucket] = field(default_factory=dict)

    def add(self, fault: Fault) -> Fault:
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        self.rules.clear()
        self.per_chat = None
        self.webhook_duplicate = self.webhook_reorder = False
        self._buckets.clear()

    def take(self, bot: str, method: str, chat_id: int | None, *kinds: Kind) -> Fault | None:
        """The first rule of one of these kinds that fits, used up by one."""
        for rule in self.rules:
            if rule.kind in kinds and rule.fits(bot, method, chat_id):
                self._use(rule)
                return rule
        return None

    def _use(self, rule: Fault) -> None:
        if rule.times is None:
            return
        rule.times -= 1
        if rule.times <= 0:
            self.rules.remove(rule)

    def wait_for_chat(self, bot_id: int, chat_id: int, burst: int = 5) -> int:
        """Seconds until this chat may get its next message; 0 takes one token."""
        if self.per_chat is None:
            return 0
        now = self.clock()
        bucket = self._buckets.setdefault((bot_id, chat_id), Bucket(burst, now))
        gained = (now - bucket.at).total_seconds() * self.per_chat
        bucket.tokens, bucket.at = min(burst, bucket.tokens + max(0.0, gained)), now
        if bucket.tokens < 1:
            return int((1 - bucket.tokens) / self.per_chat) + 1
        bucket.tokens -= 1
        return 0
