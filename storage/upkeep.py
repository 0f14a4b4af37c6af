"""For the people who run the service: what is parked, trying it again, how much waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leads.events import Call, Inbound, Receipt
from storage import claims, inbox
from storage.codec import load_event, load_update, loads, moment, unpack
from storage.database import Database
from storage.outbox import PRIORITIES, body_of
from storage.rows import Depth, Parked, RawPiece, Unsent
from storage.taking import of_stored

_PARKED = """
SELECT i.id, i.lane, i.reason, i.tries, i.stored_at, i.payload, i.raw, s.channel, s.key
FROM inbox i LEFT JOIN source s ON s.id = i.source_id WHERE i.state = 'dead'"""
_UNSENT = "SELECT id, lane, reason, tries, stored_at, payload FROM outbox WHERE state = 'dead'"
_RAW = """
SELECT i.source_id, i.raw, d.method, d.headers, d.query, d.body, d.received_at, d.peer
FROM inbox i JOIN delivery d ON d.id = i.delivery_id WHERE i.id = $1 AND i.raw IS NOT NULL"""
_REPLACED = """
UPDATE inbox SET state = 'done', ended_at = $2 WHERE id = $1 AND state = 'dead'
RETURNING source_id, delivery_id"""
COUNTED = 10_000  # at most: an operator asks often, each counted row may be a look at its page
_COUNT = """
SELECT count(*) AS n FROM (SELECT 1 FROM {table} WHERE lane = $1 AND state = '{state}' LIMIT $2) AS w"""
# Ids follow time: within a priority it is the first row of a partial index. One that shall wait is not late.
_FIRST = """
SELECT stored_at FROM {table} WHERE lane = $1 AND state = 'ready' AND run_at <= $2{of}
ORDER BY id LIMIT 1"""
_FIRSTS = {
    "inbox": [_FIRST.replace("{table}", "inbox").replace("{of}", "")],
    "outbox": [
        _FIRST.replace("{table}", "outbox").replace("{of}", f" AND priority = {priority}")
        for priority in PRIORITIES
    ],
}
# Another value each time: SQLite writes nothing for one that stays the same.
_PING = """
INSERT INTO meta AS m (name, value) VALUES ('ping', '0')
ON CONFLICT (name) DO UPDATE SET value = CASE m.value WHEN '0' THEN '1' ELSE '0' END"""
_DEAD = "SELECT id FROM {table} WHERE state = 'dead' ORDER BY id"


async def parked(db: Database, limit: int) -> tuple[Parked, ...]:
    """Dead rows of the inbox, newest first."""
    return tuple(_parked(row) for row in await db.rows(f"{_PARKED} ORDER BY i.id DESC LIMIT $1", limit))


async def parked_one(db: Database, inbox_id: int) -> Parked | None:
    row = await db.one(f"{_PARKED} AND i.id = $1", inbox_id)
    return _parked(row) if row else None


def _parked(row: dict[str, Any]) -> Parked:
    readable = row["raw"] is None
    return Parked(
        id=row["id"],
        lane=row["lane"],
        channel=row["channel"] or "",
        source_key=row["key"] or "",
        reason=unpack(row["reason"]),
        tries=row["tries"],
        stored_at=moment(row["stored_at"]),
        event=load_event(row["payload"]) if readable and row["lane"] == "customers" else None,
        update=load_update(row["payload"]) if readable and row["lane"] == "desk" else None,
        raw=row["raw"],
    )


async def unsent(db: Database, limit: int) -> tuple[Unsent, ...]:
    """Dead rows of the outbox, newest first."""
    found = await db.rows(f"{_UNSENT} ORDER BY id DESC LIMIT $1", limit)
    return tuple(
        Unsent(
            id=row["id"],
            reason=unpack(row["reason"]),
            tries=row["tries"],
            stored_at=moment(row["stored_at"]),
            body=body_of(row["lane"], row["payload"]),
        )
        for row in found
    )


async def revive(db: Database, table: claims.Table, row_id: int) -> bool:
    """Make a dead row ready again; False when it is not dead, or can only be read anew (see `raw_of`)."""
    if table == "inbox" and await raw_of(db, row_id):
        return False
    async with db.transaction() as tx:
        queue = await claims.revive(db, tx, table, row_id)
    db.announce([queue] if queue else [])
    return queue is not None


async def revive_all(db: Database, table: claims.Table) -> int:
    """The same with all dead rows, oldest first; how many."""
    dead = await db.rows(_DEAD.replace("{table}", table))
    return sum([await revive(db, table, row["id"]) for row in dead])


async def raw_of(db: Database, inbox_id: int) -> RawPiece | None:
    """An unreadable piece and the call that it came in, None when the row is no such thing."""
    row = await db.one(_RAW, inbox_id)
    if row is None:
        return None
    call = Call(
        method=row["method"],
        headers=loads(row["headers"], dict[str, str]),
        query=loads(row["query"], dict[str, str]),
        body=bytes(row["body"]),
        received_at=moment(row["received_at"]),
        peer=unpack(row["peer"]),
    )
    return RawPiece(source_id=row["source_id"], call=call, raw=bytes(row["raw"]))


async def replace_parked(db: Database, inbox_id: int, events: Sequence[Inbound]) -> Receipt | None:
    """Put what could now be read in the place of an unreadable piece; None when it is parked no more."""
    async with db.transaction() as tx:
        row = await db.one(_REPLACED, inbox_id, db.micros_now(), tx=tx)
        if row is None:
            return None
        taking = of_stored(row["source_id"], row["delivery_id"], events)
        (receipt,) = await inbox.add(db, tx, [taking])
    db.announce(["customers_in"] if receipt.fresh else [])
    return receipt


async def counts(db: Database) -> dict[str, Depth]:
    """How much waits in each queue: customers_in, desk_in, customers_out, managers_out."""

    async def look(db: Database) -> dict[str, Depth]:
        return {queue: await _depth(db, table, lane) for (table, lane), queue in claims.QUEUES.items()}

    return await db.look(look)


async def _depth(db: Database, table: str, lane: str) -> Depth:
    found = {}
    for state in ("ready", "leased", "dead"):  # one by one, so that each uses its own partial index
        sql = _COUNT.replace("{table}", table).replace("{state}", state)
        row = await db.one(sql, lane, COUNTED)
        found[state] = row["n"] if row else 0
    firsts = [await db.one(sql, lane, db.micros_lease()) for sql in _FIRSTS[table]]
    stored = [row["stored_at"] for row in firsts if row]
    return Depth(**found, oldest=moment(min(stored)) if stored else None)


async def ping(db: Database) -> None:
    """Prove that the database answers and can be written to."""
    async with db.transaction() as tx:
        await db.rows(_PING, tx=tx)
