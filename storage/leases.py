"""Leases by name: what only one process may do at a time, as rows; poolers would break advisory locks."""

from __future__ import annotations

from datetime import timedelta

from storage.database import Database

_TAKE = """
INSERT INTO lease AS l (name, owner, until) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE l.owner = excluded.owner OR l.until < $4 RETURNING name"""
_LEAVE = "DELETE FROM lease WHERE name = $1 AND owner = $2"


async def take(db: Database, name: str, owner: str, seconds: float) -> bool:
    """Take or prolong; False while somebody else holds it."""
    now = db.micros_lease()
    until = now + timedelta(seconds=seconds) // timedelta(microseconds=1)
    return await db.one(_TAKE, name, owner, until, now) is not None


async def leave(db: Database, name: str, owner: str) -> None:
    """Let the next one have it at once; nothing when it is not ours."""
    await db.rows(_LEAVE, name, owner)
