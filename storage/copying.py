"""Everything from one database to another, all or nothing: one that is cut off leaves the target empty."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from storage import ends, migrate, verify
from storage.database import Database
from storage.ends import AT_ONCE, End, Row
from storage.errors import CopyDiffers, NotEmpty
from storage.faults import told_away
from storage.lifecycle import checked

# Who is named by others comes before them. Leases are not copied: they are of processes that are gone.
TABLES = (
    *("meta", "source", "poll_cursor", "conv", "delivery", "inbox", "seen", "outbox", "manager", "invite"),
    *("contact", "contact_point", "identity", "link", "conversation", "lead", "message"),
    *("desk_thread", "desk_message", "reminder", "journal", "lead_word", "file"),
)
_KEY = "meta"  # a target that was only opened has this one

Watch = Callable[[str, int, int], None]
"""is told the table, how many rows are written, and of how many"""


@dataclass(slots=True)
class _Sum:
    """Of rows in any order."""

    count: int = 0
    total: int = 0

    def add(self, row: Row) -> None:
        digest = hashlib.blake2b(repr(row).encode(), digest_size=16).digest()
        self.count += 1
        self.total = (self.total + int.from_bytes(digest)) % 2**128


async def copy(source: str, target: str, watch: Watch) -> dict[str, int]:
    """Copy, compare, commit; how many rows by table.

    Raise `NotEmpty`, `CopyDiffers`, `AlreadyRunning` (a service works on either), `StoreUnavailable`.
    """
    with told_away():
        for url in (source, target):
            await migrate.migrate(checked(url))
        async with (
            ends.opened(source, TABLES, write=False) as old,
            ends.opened(target, TABLES, write=True) as new,
        ):
            await _require_empty(new)
            rows = {table: await _moved(old, new, table, watch) for table in TABLES}
            await new.go_on_after(await old.last_ids())
    return rows


async def _require_empty(new: End) -> None:
    for table in TABLES:
        if table != _KEY and await new.count(table):
            raise NotEmpty(table)
    await new.empty(_KEY)


async def _moved(old: End, new: End, table: str, watch: Watch) -> int:
    columns, total = await old.columns(table), await old.count(table)
    read, written = _Sum(), _Sum()

    async def counted() -> AsyncIterator[Row]:
        watch(table, 0, total)
        async for row in old.rows(table, columns):
            read.add(row)
            yield row
            if read.count % AT_ONCE == 0:
                watch(table, read.count, total)
                await asyncio.sleep(0)  # SQLite never waits, and somebody may want to stop
        watch(table, read.count, total)

    await new.put(table, columns, counted())
    async for row in new.rows(table, columns):
        written.add(row)
        if written.count % AT_ONCE == 0:
            await asyncio.sleep(0)
    if read != written:
        raise CopyDiffers(table)
    await asyncio.sleep(0)
    return read.count


async def broken(url: str, now: datetime) -> dict[str, tuple[int, ...]]:
    """The promises that `verify` finds broken there, with ids."""
    database = await Database.connect(url, now=lambda: now, lease_now=lambda: now)
    try:
        with database.entered():
            found = await verify.verify(database, now)
    finally:
        await database.close()
    return {name: ids for name, ids in found.items() if ids}
