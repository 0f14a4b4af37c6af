"""Telegram's budgets: per bot a second, per private chat a second with a burst, per group a minute.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from collections.abc import Mapping

from aiolimiter import AsyncLimiter

BURST = 5


class Rates:
    """`await spend(chat_id)` before each call; it returns when both the chat and the bot may."""

    def __init__(self, bot: float, chat: float, group: float) -> None:
        # A small burst, or twice the budget could go out within the first second.
        self._bot: AsyncLimiter | None = AsyncLimiter(BURST, BURST / bot) if bot else None
        self._private = chat
        self._group = group / 60
        self._chats: dict[int, AsyncLimiter] = {}

    async def spend(self, chat_id: int) -> None:
        if self._bot is None:
            return
        await self._chat(chat_id).acquire()
        await self._bot.acquire()

    def _chat(self, chat_id: int) -> AsyncLimiter:
        if chat_id not in self._chats:
            a_second = self._group if chat_id < 0 else self._private
            self._chats[chat_id] = AsyncLimiter(BURST, BURST / a_second)
        return self._chats[chat_id]


def rates(numbers: Mapping[str, float] | None) -> Rates:
    """From `{"bot": 30, "chat": 1, "group": 20}`, a missing one by Telegram's word; None: no limits."""
    if numbers is None:
        return Rates(0, 0, 0)
    return Rates(numbers.get("bot", 30), numbers.get("chat", 1), numbers.get("group", 20))
