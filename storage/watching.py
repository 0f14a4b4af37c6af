"""What else an operator watches of a database: its promises, its leases, what keeps old rows from going."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage import verify
from storage.calls import do
from storage.database import Database

_HOLDERS = "SELECT name, owner FROM lease WHERE until >= $1"
# A snapshot that nobody lets go keeps every dead row in the queues: claims take longer and longer.
_OLDEST = """
SELECT coalesce(max(age(x.xmin)), 0) AS xmin,
       coalesce((SELECT extract(epoch FROM max(clock_timestamp() - xact_start)) FROM pg_stat_activity
                 WHERE datname = current_database() AND backend_type = 'client backend'), 0)::float AS seconds
FROM (SELECT backend_xmin FROM pg_stat_activity WHERE pid <> pg_backend_pid()
      UNION ALL SELECT xmin FROM pg_replication_slots
      UNION ALL SELECT transaction FROM pg_prepared_xacts) AS x (xmin)"""


@dataclass(frozen=True, slots=True)
class Oldest:
    """How many transactions old PostgreSQL's oldest snapshot is, and for how long a transaction is open."""

    xmin: int
    seconds: float


class Watching:
    """Raises `StoreUnavailable`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def holders(self) -> dict[str, str]:
        """By the lease's name, its owner."""
        found = await do(self._db, Database.rows, _HOLDERS, self._db.micros_lease())
        return {row["name"]: row["owner"] for row in found}

    async def promises(self, now: datetime) -> dict[str, tuple[int, ...]]:
        """The promises by name, each with the ids that break it."""
        return await do(self._db, verify.verify, now)

    async def oldest(self) -> Oldest | None:
        """None on SQLite, where nobody else holds a snapshot for long."""
        row = None if self._db.sqlite else await do(self._db, Database.one, _OLDEST)
        return Oldest(row["xmin"], row["seconds"]) if row else None
