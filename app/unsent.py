"""Telling the heads which replies were given up: as a list, at most once an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from leads.changes import Changes, ToCustomer, ToManager, View
from leads.model import MessageState
from leads.routing import heads
from storage.rows import Unsent
from storage.store import Store

LOOKED_AT = 100
LISTED = 10
APART = timedelta(hours=1)


class GivenUp:
    """What was given up before the start counts as told. Authors hear of each reply at once, elsewhere."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._known: set[int] | None = None
        self._not_before: datetime | None = None

    async def tell(self) -> None:
        dead = await self._store.outbox_dead(LOOKED_AT)
        if self._known is None:
            self._known = {row.id for row in dead}
        if self._not_before and self._now() < self._not_before:
            return
        lines = await self._lines([row for row in dead if row.id not in (self._known or ())])
        self._known = {row.id for row in dead}
        if lines:
            self._not_before = self._now() + APART
            await self._say("; ".join(lines[:LISTED]) + (" …" if len(lines) > LISTED else ""))

    async def _lines(self, rows: list[Unsent]) -> list[str]:
        """One for each reply that has not gone by another try meanwhile."""
        found = {}
        for row in rows:
            if isinstance(row.body, ToCustomer):
                message = await self._store.message(row.body.message_id)
                if message and message.state is MessageState.FAILED:
                    found[message.id] = f"#{message.lead_id} ({row.reason[:100]})"
        return list(found.values())

    async def _say(self, words: str) -> None:
        args = {"key": "unsent", "list": words}
        chats = [one.telegram_id for one in heads(await self._store.managers())]
        rows = [ToManager(View.SAY, chat, args=args, coalesce=f"unsent:{chat}") for chat in chats]
        await self._store.commit(Changes(put=tuple(rows)))
