"""Collecting the rows of one decision, and deciding anew when somebody was faster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from leads.changes import Changes, Row, Settle, ToManager
from leads.errors import Conflict, StoreUnavailable
from leads.journal import Word
from leads.model import Entry
from leads.ports import Store

T = TypeVar("T")
BACK = 0.1  # seconds between two tries while the store is away


class Writing:
    """The rows of one `Changes` while they are being decided; numbers the new ones downward from -1."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._cancel: list[int] = []
        self._last = 0

    def new_id(self) -> int:
        self._last -= 1
        return self._last

    def put(self, *rows: Row) -> None:
        self._rows.extend(rows)

    def cancel(self, *reminder_ids: int) -> None:
        self._cancel.extend(reminder_ids)

    def note(
        self,
        at: datetime,
        word: Word,
        *,
        lead: int | None = None,
        manager: int | None = None,
        inbox: int | None = None,
        **data: Any,
    ) -> None:
        """One line for the journal. `data` must not name rows that are not stored yet."""
        self._rows.append(Entry(self.new_id(), at, word, lead, manager, inbox, data))

    def changes(
        self, settle: Settle | None = None, also: tuple[ToManager, ...] = (), revive: tuple[int, ...] = ()
    ) -> Changes:
        return Changes((*self._rows, *also), settle, tuple(self._cancel), revive)


async def once(
    w: Writing, store: Store, now: datetime, lead_id: int, what: str, since: datetime | None = None
) -> bool:
    """Whether this was not told about this lead yet, or not since then; from now on it was."""
    for entry in await store.journal(lead_id):
        if entry.kind == Word.TOLD and entry.data.get("what") == what and not (since and entry.at <= since):
            return False
    w.note(now, Word.TOLD, lead=lead_id, what=what)
    return True


async def thrice(decide_and_commit: Callable[[], Awaitable[T]]) -> T:
    """Read, decide and commit; after a `Conflict` twice more, then it is the caller's."""
    for _ in range(2):
        try:
            return await decide_and_commit()
        except Conflict:
            continue
    return await decide_and_commit()


async def surely(note: Callable[[], Awaitable[T]]) -> T:
    """Note what has happened in the world already, e.g. that a message went: dropped, it would happen twice.

    While the store is away this waits for it. Whoever claims the row meanwhile ends it with `LostLease`.
    """
    while True:
        try:
            return await thrice(note)
        except StoreUnavailable:
            await asyncio.sleep(BACK)
