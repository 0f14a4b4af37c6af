"""Forgetting what nobody needs any more, in steps that hold nobody up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from storage import claims
from storage.codec import micros
from storage.database import Database, marks

_OVER = frozenset({"done", "cancelled"})
_PAGE = "SELECT id, state, stored_at, ended_at FROM {table} WHERE id > $1 ORDER BY id LIMIT $2"
_FORGET = "DELETE FROM {table} WHERE state IN ('done', 'cancelled') AND id IN ({ids}) RETURNING id"
# What looked like spam and nobody replayed. Other parked rows wait for a person, however long.
_SPAM = """
DELETE FROM inbox WHERE id IN (
    SELECT id FROM inbox WHERE state = 'dead' AND attempt = 0 AND raw IS NULL AND stored_at < $1
    LIMIT $2) RETURNING id"""
# A parked piece may have to be read anew: its call stays with it.
_CALLS = """
DELETE FROM delivery WHERE id IN (
    SELECT d.id FROM delivery d WHERE d.received_at < $1 AND NOT EXISTS (
        SELECT 1 FROM inbox i WHERE i.delivery_id = d.id AND i.state = 'dead')
    ORDER BY d.received_at LIMIT $2) RETURNING id"""
_SEEN = {
    "sqlite": """
DELETE FROM seen WHERE rowid IN (SELECT rowid FROM seen WHERE until < $1 LIMIT $2) RETURNING key""",
    "postgres": """
DELETE FROM seen WHERE ctid = ANY (ARRAY(SELECT ctid FROM seen WHERE until < $1 LIMIT $2)) RETURNING key""",
}


async def purge(db: Database, now: datetime, keep: timedelta, limit: int) -> int:
    """Forget calls, finished rows and spam older than `keep`, and what was seen past its window; how many.

    Each step looks at no more than `limit` rows and is a transaction of its own.
    """
    before = micros(now - keep)
    count = sum([await _finished(db, table, before, limit) for table in claims.TABLES])
    count += await _repeated(db, _SPAM, before, limit)
    count += await _repeated(db, _CALLS, before, limit)
    return count + await _repeated(db, _SEEN[db.dialect], micros(now), limit)


async def _finished(db: Database, table: claims.Table, before: int, limit: int) -> int:
    """Walk along the ids, which follow time, as far as rows are old: no index is needed."""
    count, last = 0, 0
    while page := await db.rows(_PAGE.replace("{table}", table), last, limit):
        if page[0]["stored_at"] >= before:
            break
        last = page[-1]["id"]
        old = [row["id"] for row in page if _is_over(row, before)]
        if old:
            count += len(await db.rows(marks(_FORGET.replace("{table}", table), 1, len(old)), *old))
    return count


def _is_over(row: dict[str, Any], before: int) -> bool:
    return row["state"] in _OVER and (row["ended_at"] or row["stored_at"]) < before


async def _repeated(db: Database, sql: str, before: int, limit: int) -> int:
    count = 0
    while found := len(await db.rows(sql, before, limit)):
        count += found
    return count
