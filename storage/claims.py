"""Claiming, leasing and settling rows of the inbox and the outbox: one statement each.

A row is claimed when it is ready, due, and no earlier row of its conversation is unfinished. Each claim adds
to `attempt`; whoever settles must know the current one, so a worker that lost its lease is fenced off.

A row that was claimed twice and never settled is a suspect: its workers may have died of it. Suspects are
claimed one at a time, so that of many that were in hand at a death only the guilty one is so again at the
next; and after pauses that double, so that it is in hand ever more seldom when somebody is killed by chance.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Literal

from leads.changes import End, Settle
from leads.errors import LostLease
from storage.codec import micros, pack
from storage.database import Database, Tx, marks
from storage.many import Statement

LEASE = timedelta(seconds=10)
FRONT = 1000  # rows that most claims look at
THROUGH = 1 / 16  # of the claims that find too few there look at all
Table = Literal["inbox", "outbox"]
TABLES: tuple[Table, Table] = ("inbox", "outbox")
_ORDER = {"inbox": "r.id", "outbox": "r.priority, r.id"}

_SUSPECT = """
SELECT r.id FROM {table} r
WHERE r.lane = $3 AND r.state = 'ready' AND r.begun > 1 AND r.run_at <= $4 {but} AND NOT EXISTS (
    SELECT 1 FROM {table} h WHERE h.lane = $3 AND h.state = 'leased' AND h.begun > 2)
ORDER BY r.run_at, r.id LIMIT 1"""
_PICK = """
SELECT r.id FROM {table} r
WHERE r.lane = $3 AND r.state = 'ready' AND r.run_at <= $4 {but} AND NOT EXISTS (
    SELECT 1 FROM {table} e
    WHERE e.conv_key = r.conv_key AND e.conv_seq < r.conv_seq AND e.state IN ('ready', 'leased'))
AND (r.begun < 2 OR r.id = ({suspect})) {front}
ORDER BY {order} LIMIT $5""".replace("{suspect}", _SUSPECT)
_NTH = """
(SELECT r.{column} FROM {table} r WHERE r.lane = $3 AND r.state = 'ready' AND r.run_at <= $4 {but}
ORDER BY {order} LIMIT 1 OFFSET {n})""".replace("{n}", str(FRONT))
_LAST_ID = f"COALESCE({_NTH.replace('{column}', 'id')}, {2**63 - 1})"
_LAST = {
    "inbox": f"AND r.id <= {_LAST_ID}",
    "outbox": f"AND (r.priority, r.id) <= (COALESCE({_NTH.replace('{column}', 'priority')}, 99), {_LAST_ID})",
}
_CLAIM = {
    "sqlite": """
UPDATE {table} SET state = 'leased', attempt = attempt + 1, begun = begun + 1,
       lease_owner = $1, lease_until = $2
WHERE id IN ({pick}) RETURNING *""",
    # The picked rows are made once: a subquery could be run again by the plan and lock more than the limit.
    "postgres": """
WITH picked AS MATERIALIZED ({pick} FOR UPDATE OF r SKIP LOCKED)
UPDATE {table} t SET state = 'leased', attempt = t.attempt + 1, begun = t.begun + 1,
       lease_owner = $1, lease_until = $2
FROM picked WHERE t.id = picked.id RETURNING t.*""",
}
_RENEW = """
UPDATE {table} SET lease_until = $1
WHERE state = 'leased' AND lease_owner = $2 AND id IN ({ids}) RETURNING id"""
_EXPIRED = "SELECT id, attempt FROM {table} WHERE state = 'leased' AND lease_until < $1 ORDER BY id"
_END = """
UPDATE {table} SET state = n_state, reason = n_reason, run_at = n_run_at, tries = tries + n_tries,
       begun = 0, ended_at = n_ended_at, lease_until = NULL, lease_owner = NULL
FROM {given} WHERE id = n_id AND attempt = n_attempt AND state = 'leased' RETURNING id, lane"""
_END_COLUMNS = {
    "n_id": "bigint",
    "n_attempt": "integer",
    "n_state": "text",
    "n_reason": "text",
    "n_run_at": "bigint",
    "n_tries": "integer",
    "n_ended_at": "bigint",
}
_FREE = """
UPDATE {table} SET state = $3, lease_until = NULL, lease_owner = NULL,
       run_at = CASE WHEN begun < 2 THEN run_at ELSE CAST($4 AS BIGINT)
           + 500000 * (1 << CASE WHEN begun > 11 THEN 11 ELSE begun - 1 END) END
WHERE id = $1 AND attempt = $2 AND state = 'leased' RETURNING lane"""
_REVIVE = """
UPDATE {table} SET state = $2, run_at = $3, tries = 0, begun = 0, reason = '', ended_at = NULL
WHERE id = $1 AND state = 'dead' RETURNING lane"""
_NEWER = """
SELECT n.id FROM outbox n JOIN outbox mine ON mine.coalesce_key = n.coalesce_key
WHERE mine.id = $1 AND n.id <> mine.id AND n.state = 'ready'"""
_STATES = {End.DONE: "done", End.PARKED: "dead"}
_DESTINATION = {"customers": "source_id", "managers": "chat_id"}
# Where another process sends, nobody else claims: see `leases.sender`. A service on SQLite is alone.
_HELD = "FROM lease WHERE name LIKE 'send:%' AND owner <> $1 AND until >= $4"
_NOT_OTHERS = {
    "customers": f" AND r.source_id NOT IN (SELECT substr(name, 6)::bigint {_HELD})",
    "managers": f" AND NOT EXISTS (SELECT 1 {_HELD} AND name = 'send:0')",
}
QUEUES = {
    ("inbox", "customers"): "customers_in",
    ("inbox", "desk"): "desk_in",
    ("outbox", "customers"): "customers_out",
    ("outbox", "managers"): "managers_out",
}


def _on(sql: str, table: str) -> str:
    return sql.replace("{table}", table)


_CLAIMS = {
    (dialect, table, front): _on(
        text.replace("{pick}", _PICK.replace("{front}", _LAST[table] if front else "")).replace(
            "{order}", _ORDER[table]
        ),
        table,
    )
    for dialect, text in _CLAIM.items()
    for table in TABLES
    for front in (True, False)
}
_ENDS = {table: Statement(_on(_END, table), _END_COLUMNS) for table in TABLES}


async def claim(
    db: Database,
    table: Table,
    lane: str,
    owner: str,
    limit: int,
    *,
    only: Collection[int] = (),
    without: Collection[int] = (),
) -> list[dict[str, Any]]:
    """Lease up to `limit` rows, at most one of a conversation, oldest first.

    Of the outbox `only` those to these destinations, or those `without` them: see `_DESTINATION`.

    A long queue of few conversations is not gone through by each claim that wants more than there is: mostly
    its front is enough. What stands behind rows that may not be claimed now is found when nothing else is,
    or a little later.
    """
    found = await _claim(db, table, lane, owner, limit, only, without, front=True)
    if not found or (len(found) < limit and random.random() < THROUGH):
        found += await _claim(db, table, lane, owner, limit - len(found), only, without, front=False)
    return sorted(found, key=lambda row: (row.get("priority", 0), row["id"]))


async def _claim(
    db: Database,
    table: Table,
    lane: str,
    owner: str,
    limit: int,
    only: Collection[int],
    without: Collection[int],
    *,
    front: bool,
) -> list[dict[str, Any]]:
    now = db.micros_lease()
    until = now + LEASE // timedelta(microseconds=1)
    but = _but(lane, "IN", only) if only else _but(lane, "NOT IN", without)
    if table == "outbox" and not db.sqlite:
        but += _NOT_OTHERS[lane]
    sql = marks(_CLAIMS[db.dialect, table, front].replace("{but}", but), 6, len(only or without))
    return await db.rows(sql, owner, until, lane, now, limit, *(only or without))


def _but(lane: str, word: str, destinations: Collection[int]) -> str:
    return f"AND r.{_DESTINATION[lane]} {word} ({{ids}})" if destinations else ""


async def renew(db: Database, table: Table, ids: Sequence[int], owner: str) -> set[int]:
    """Prolong leases; the ids that are still ours."""
    if not ids:
        return set()
    until = db.micros_lease() + LEASE // timedelta(microseconds=1)
    found = await db.rows(marks(_on(_RENEW, table), 3, len(ids)), until, owner, *ids)
    return {row["id"] for row in found}


async def reap(db: Database, *, everything: bool = False) -> int:
    """Make rows with an expired lease ready again (all leased ones with `everything`); how many."""
    limit = 2**62 if everything else db.micros_lease()
    count, queues = 0, []
    for table in TABLES:
        for row in await db.rows(_on(_EXPIRED, table), limit):
            if lane := await _free(db, table, row["id"], row["attempt"]):
                count += 1
                queues.append(QUEUES[table, lane])
    db.announce(queues)
    return count


async def _free(db: Database, table: Table, row_id: int, attempt: int) -> str | None:
    async with db.transaction() as tx:
        state = await _ready(db, tx, table, row_id)
        row = await db.one(_on(_FREE, table), row_id, attempt, state, db.micros_lease(), tx=tx)
    return str(row["lane"]) if row else None


async def _ready(db: Database, tx: Tx, table: Table, row_id: int) -> str:
    """`ready`, or `cancelled` when a newer row with the same coalesce key stands in for this one."""
    if table == "outbox" and await db.one(_NEWER, row_id, tx=tx):
        return "cancelled"
    return "ready"


async def settle(db: Database, tx: Tx, ends: Sequence[Settle]) -> list[str]:
    """End claimed rows; the queues in which some wait again. Raise `LostLease` unless all are still ours."""
    queues = []
    for table in TABLES:
        mine = {end.id: [*await _ended(db, tx, end)] for end in ends if end.table == table}
        found = await _ENDS[table].run(db, tx, list(mine.values()))
        if lost := sorted(mine.keys() - {row["id"] for row in found}):
            raise LostLease(f"{table} {lost}, attempts {[mine[row_id][1] for row_id in lost]}")
        queues += [QUEUES[table, row["lane"]] for row in found if mine[row["id"]][2] == "ready"]
    return queues


async def _ended(db: Database, tx: Tx, end: Settle) -> tuple[Any, ...]:
    state = await _ready(db, tx, end.table, end.id) if end.end is End.AGAIN else _STATES[end.end]
    return (
        end.id,
        end.attempt,
        state,
        pack(end.reason),
        micros(db.lease_now() + end.after),
        int(end.counts and end.end is not End.DONE),
        None if state == "ready" else db.micros_now(),
    )


async def revive(db: Database, tx: Tx, table: Table, row_id: int) -> str | None:
    """Make a dead row ready again; the queue in which it waits, None when it was not dead."""
    state = await _ready(db, tx, table, row_id)
    row = await db.one(_on(_REVIVE, table), row_id, state, db.micros_lease(), tx=tx)
    return QUEUES[table, row["lane"]] if row and state == "ready" else None
