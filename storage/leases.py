"""Leases by name: what only one process may do at a time, as rows; poolers would break advisory locks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from storage.database import Database
from storage.many import Statement

# What others hold is looked at first and left alone: a conflict would lock its row, which is a write.
_TAKE = Statement(
    """
INSERT INTO lease AS l (name, owner, until) SELECT n_name, n_owner, n_until FROM {given}
WHERE NOT EXISTS (SELECT 1 FROM lease o WHERE o.name = n_name AND o.owner <> n_owner AND o.until >= {beside})
ORDER BY n_name
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE l.owner = excluded.owner OR l.until < {beside} RETURNING name""",
    {"n_name": "text", "n_owner": "text", "n_until": "bigint"},
)
_LEAVE = "DELETE FROM lease WHERE owner = $1"


def sender(destination: int) -> str:
    """The lease of whoever sends there: to a source by its id, or through the managers' bot, which is 0."""
    return f"send:{destination}"


async def take(db: Database, names: Collection[str], owner: str, seconds: float) -> set[str]:
    """Take or prolong; those of the names that are the owner's now."""
    now = db.micros_lease()
    until = now + timedelta(seconds=seconds) // timedelta(microseconds=1)
    found = await _TAKE.run(db, db.client, [(name, owner, until) for name in names], now)
    return {row["name"] for row in found}


async def leave(db: Database, owner: str) -> None:
    """Let the next ones have all of them at once."""
    await db.rows(_LEAVE, owner)
