"""What to remember of what was shown: stored before anything else is done, the last with the settled row.

So a retry goes on where it stopped, a crash repeats one message at most, and one message is one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from leads.changes import Changes
from leads.model import DeskMessage, DeskThread, Entry
from leads.ports import Store
from leads.writing import surely

Shown = DeskThread | DeskMessage | Entry
R = TypeVar("R", DeskThread, DeskMessage, Entry)


@dataclass(slots=True)
class Kept:
    """The rows of one outbox row while it is being shown. New ones are put with the id 0."""

    _rows: dict[int, Shown] = field(default_factory=dict)
    _ids: dict[int, int] = field(default_factory=dict)
    _last: int = 0

    def put(self, row: R) -> R:
        """Keep it, in place of what it was before; return it with its id."""
        row = replace(row, id=self._id(row.id))
        self._rows[row.id] = row
        return row

    async def store(self, store: Store) -> None:
        if self._rows:
            rows = self.taken()
            self._ids |= await surely(lambda: store.commit(Changes(put=rows)))

    def taken(self) -> tuple[Shown, ...]:
        """What is not stored yet; it is the caller's now."""
        rows, self._rows = tuple(self._rows.values()), {}
        return rows

    def _id(self, row_id: int) -> int:
        if row_id == 0:
            self._last -= 1
            return self._last
        return self._ids.get(row_id, row_id)
