"""The promises, checked over the whole database. Ids of what breaks one, at most `SHOWN` of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.codec import micros
from storage.database import Database

SHOWN = 100
STEP = 20_000  # rows looked at in one statement
ON_ITS_WAY = timedelta(minutes=10)  # later than this, what is not finished is stuck


@dataclass(frozen=True, slots=True)
class Promise:
    """A rule, by the key of its sentence, and the query for the ids that break it.

    With a table it is asked for the ids above $2 up to $3; $1 is when something was still on its way.
    """

    name: str
    sql: str
    table: str = ""


_STEPS = " AND {t}.stored_at < $1 AND {t}.id > $2 AND {t}.id <= $3"
_STUCK = "SELECT i.id FROM {table} i WHERE i.state IN ('ready', 'leased') AND i.run_at < $1"
_TURN = """
SELECT i.id FROM {table} i WHERE i.state = 'done' AND EXISTS (
    SELECT 1 FROM {table} e WHERE e.conv_key = i.conv_key AND e.conv_seq < i.conv_seq AND e.attempt = 0
    AND e.state IN ('ready', 'leased') AND e.run_at < $1)"""
_ENDS = """
SELECT i.id FROM {table} i
WHERE ((i.state IN ('done', 'dead')) <> (i.ended_at IS NOT NULL) AND i.state <> 'cancelled'
       OR (i.state = 'leased') <> (i.lease_owner IS NOT NULL))"""

# Without an index on journal.inbox_id: one look at the journal for each step.
_VANISHED = """
SELECT i.id FROM {table} i WHERE i.lane = 'customers' AND i.state = 'done' AND i.raw IS NULL
AND i.id NOT IN (
    SELECT inbox_id FROM journal WHERE inbox_id IS NOT NULL AND inbox_id > $2 AND inbox_id <= $3)"""


def _on(name: str, sql: str, table: str) -> Promise:
    return Promise(f"{name}-{table}", sql.replace("{table}", table) + _STEPS.replace("{t}", "i"), table)


PROMISES: Sequence[Promise] = (
    *(_on("stuck", _STUCK, table) for table in ("inbox", "outbox")),
    *(_on("order", _TURN, table) for table in ("inbox", "outbox")),
    *(_on("ends", _ENDS, table) for table in ("inbox", "outbox")),
    _on("vanished", _VANISHED, "inbox"),
    Promise(
        "unshown",
        """
SELECT l.id FROM lead l WHERE l.state IN ('assigned', 'active') AND l.opened_at < $1
AND l.id > $2 AND l.id <= $3
AND NOT EXISTS (SELECT 1 FROM desk_thread t WHERE t.lead_id = l.id)
AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.lead_id = l.id AND j.kind = 'shown')
AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.lead_id = l.id AND o.state IN ('ready', 'leased', 'dead'))""",
        "lead",
    ),
    Promise(
        "two-open",
        """
SELECT contact_id AS id FROM lead WHERE state IN ('waiting', 'assigned', 'active') AND opened_at < $1
GROUP BY contact_id HAVING count(*) > 1""",
    ),
    Promise(
        "fired-twice",
        """
SELECT lead_id AS id FROM journal WHERE kind IN ('reminded', 'snoozed') AND at < $1
GROUP BY lead_id, {reminder}
HAVING sum(CASE kind WHEN 'reminded' THEN 1 ELSE -1 END) > 1""",
    ),
    Promise("unfired", "SELECT id FROM reminder WHERE state = 'waiting' AND due_at < $1"),
)
_LAST = "SELECT coalesce(max(id), 0) AS last FROM {table}"
_REMINDER = {"sqlite": "data ->> 'reminder'", "postgres": "data::json ->> 'reminder'"}


async def verify(db: Database, now: datetime) -> dict[str, tuple[int, ...]]:
    """For each promise, by name, the ids that break it."""
    return {promise.name: tuple(await _broken(db, promise, now)) for promise in PROMISES}


async def _broken(db: Database, promise: Promise, now: datetime) -> list[int]:
    before = micros(now - ON_ITS_WAY)
    if not promise.table:
        sql = promise.sql.replace("{reminder}", _REMINDER[db.dialect])
        return [row["id"] for row in await db.rows(f"{sql} LIMIT {SHOWN}", before)]
    found: list[int] = []
    row = await db.one(_LAST.replace("{table}", promise.table))
    for start in range(0, row["last"] if row else 0, STEP):
        sql = f"{promise.sql} ORDER BY 1 LIMIT {SHOWN - len(found)}"
        found += [row["id"] for row in await db.rows(sql, before, start, start + STEP)]
        if len(found) >= SHOWN:
            break
    return found
