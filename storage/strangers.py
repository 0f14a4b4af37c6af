"""People of whom the vendor has not been asked yet, newest first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from leads.model import Identity
from storage.calls import insist
from storage.database import Database, marks
from storage.mapping import to_row

_UNASKED = """
SELECT identity.*, (SELECT max(lead.id) FROM lead WHERE lead.contact_id = identity.contact_id) AS lead_id
FROM identity WHERE profile_at IS NULL AND source_id IN ({ids}) ORDER BY identity.id DESC LIMIT $1"""


@dataclass(frozen=True, slots=True)
class Stranger:
    """`lead_id` is the newest lead of the contact."""

    identity: Identity
    lead_id: int | None


class Strangers:
    def __init__(self, database: Database) -> None:
        self._db = database

    async def some(self, sources: Collection[int], limit: int) -> list[Stranger]:
        """Those who wrote to these sources."""
        if not sources:
            return []
        sql = marks(_UNASKED, 2, len(sources))
        rows = await insist(self._db, Database.rows, sql, limit, *sources)
        return [Stranger(to_row(Identity, row), row["lead_id"]) for row in rows]
