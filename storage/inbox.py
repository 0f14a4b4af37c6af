"""Accepting: what came in is committed here before anybody is told that we have it.

A batch of calls is one transaction of a few statements, however many calls there are. Events of one
conversation are numbered under the lock of its `conv` row, since an automatic id is not the order of commits.
Rows are locked in the same order everywhere: cursors, seen, conversations, each by its key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from leads.events import Receipt
from storage.database import Database, Tx
from storage.many import Insert, Statement, numbers
from storage.taking import Item, Taking

_CURSOR = Statement(
    """
INSERT INTO poll_cursor (name, value) SELECT name, value FROM {given} WHERE true ORDER BY name
ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
    {"name": "text", "value": "text"},
)
_KNOWN = Statement(
    """
SELECT i.origin, i.event_id, i.id FROM {given} CROSS JOIN inbox i
WHERE i.origin = w.origin AND i.event_id = w.event_id""",
    {"origin": "text", "event_id": "text"},
)
_SEEN = Statement(
    """
INSERT INTO seen AS s (source_id, key, until, inbox_id)
SELECT source_id, key, until, inbox_id FROM {given} WHERE true ORDER BY source_id, key
ON CONFLICT (source_id, key) DO UPDATE SET until = excluded.until, inbox_id = excluded.inbox_id
WHERE s.until < {beside} RETURNING source_id, key""",
    {"source_id": "bigint", "key": "text", "until": "bigint", "inbox_id": "bigint"},
)
_SEEN_IDS = Statement(
    """
SELECT s.source_id, s.key, s.inbox_id FROM {given} CROSS JOIN seen s
WHERE s.source_id = w.source_id AND s.key = w.key""",
    {"source_id": "bigint", "key": "text"},
)
_NEXT_SEQS = Statement(
    """
INSERT INTO conv AS c (key, last_seq) SELECT key, n FROM {given} WHERE true ORDER BY key
ON CONFLICT (key) DO UPDATE SET last_seq = c.last_seq + excluded.last_seq RETURNING key, last_seq""",
    {"key": "text", "n": "bigint"},
)
_DELIVERY = Insert(
    "delivery",
    {
        "id": "bigint",
        "source_id": "bigint",
        "received_at": "bigint",
        "method": "text",
        "headers": "text",
        "query": "text",
        "peer": "text",
    },
    blobs=["body"],
)
_INBOX = Insert(
    "inbox",
    {
        "id": "bigint",
        "lane": "text",
        "origin": "text",
        "event_id": "text",
        "source_id": "bigint",
        "delivery_id": "bigint",
        "conv_key": "text",
        "conv_seq": "bigint",
        "state": "text",
        "run_at": "bigint",
        "reason": "text",
        "payload": "text",
        "stored_at": "bigint",
        "ended_at": "bigint",
    },
    "ON CONFLICT (origin, event_id) DO NOTHING",
    blobs=["raw"],
)

_UNUSED = "DELETE FROM delivery WHERE id = $1"
QUEUES = {"customers": "customers_in", "desk": "desk_in"}

Key = tuple[str | int | None, str | int]  # what makes an item the same as another


@dataclass(slots=True)
class _Row:
    """An item that nobody has stored yet, and what it is stored with."""

    call: int  # its place in the batch
    taking: Taking
    item: Item
    id: int = 0
    delivery_id: int | None = None
    seq: int = 0


Rows = dict[Key, _Row]


async def accept(db: Database, batch: Sequence[Taking]) -> list[Receipt]:
    """Store the batch in one transaction; nothing of it is stored when that fails."""
    receipts = await db.run(lambda tx: add(db, tx, batch))
    fresh = [QUEUES[taking.lane] for taking, got in zip(batch, receipts, strict=True) if got.fresh]
    db.announce(fresh)
    return receipts


async def add(db: Database, tx: Tx, batch: Sequence[Taking]) -> list[Receipt]:
    """Store what is not known yet; an item that comes twice is known the second time."""
    await _keep_cursors(db, tx, batch)
    rows: Rows = {}
    for n, taking in enumerate(batch):
        for m, item in enumerate(taking.items):
            rows.setdefault(_key(taking, item, n, m), _Row(n, taking, item))
    ids = _taken(rows, await _known(db, tx, rows))
    await _number(db, tx, rows)
    ids |= _taken(rows, await _seen(db, tx, rows))
    await _call_in(db, tx, batch, rows)
    await _line_up(db, tx, rows)
    ids |= await _store(db, tx, rows)
    ids |= {key: row.id for key, row in rows.items()}
    fresh = Counter(row.call for row in rows.values())
    return [
        Receipt(tuple(ids[_key(taking, item, n, m)] for m, item in enumerate(taking.items)), fresh[n])
        for n, taking in enumerate(batch)
    ]


def _key(taking: Taking, item: Item, n: int, m: int) -> Key:
    if item.event_id is not None:
        return taking.origin, item.event_id
    return (taking.source_id, item.seen_key) if item.seen_key else (n, m)


def _taken(rows: Rows, ids: dict[Key, int]) -> dict[Key, int]:
    """Leave out of `rows` what is stored already under these ids."""
    for key in ids:
        del rows[key]
    return ids


async def _keep_cursors(db: Database, tx: Tx, batch: Sequence[Taking]) -> None:
    cursors = dict(taking.cursor for taking in batch if taking.cursor)
    await _CURSOR.run(db, tx, list(cursors.items()))


async def _known(db: Database, tx: Tx, keys: Collection[Key]) -> dict[Key, int]:
    """The ids of those that were stored before, by their event ids."""
    asked = [key for key in keys if isinstance(key[0], str)]
    found = await _KNOWN.run(db, tx, asked)
    return {(row["origin"], row["event_id"]): row["id"] for row in found}


async def _number(db: Database, tx: Tx, rows: Rows) -> None:
    """Give out the ids: of the rows, and of the calls that bring them."""
    calls = {row.call for row in rows.values() if row.taking.call}
    ids = await numbers(db, tx, ["inbox"] * len(rows) + ["delivery"] * len(calls))
    deliveries = {call: next(ids["delivery"]) for call in sorted(calls)}
    for row in rows.values():
        row.id = next(ids["inbox"])
        row.delivery_id = deliveries.get(row.call, row.taking.delivery_id)


async def _seen(db: Database, tx: Tx, rows: Rows) -> dict[Key, int]:
    """The ids of those whose like came within its window, by their content."""
    now = db.micros_now()
    marked = {key: row for key, row in rows.items() if row.item.seen_key}
    args = [(*key, now + row.item.window // timedelta(microseconds=1), row.id) for key, row in marked.items()]
    first = {(row["source_id"], row["key"]) for row in await _SEEN.run(db, tx, args, now)}
    again = await _SEEN_IDS.run(db, tx, [key for key in marked if key not in first])
    return {(row["source_id"], row["key"]): row["inbox_id"] for row in again}


async def _call_in(db: Database, tx: Tx, batch: Sequence[Taking], rows: Rows) -> None:
    """Keep the calls that bring something new."""
    calls = {row.call: row.delivery_id for row in rows.values() if row.taking.call}
    await _DELIVERY.run(db, tx, [(row_id, *(batch[n].call or ())) for n, row_id in calls.items()])


async def _line_up(db: Database, tx: Tx, rows: Rows) -> None:
    """Give each row its place in its conversation, whose line stays locked until the commit."""
    seqs = await next_seqs(db, tx, [row.item.conv_key for row in rows.values()])
    for row, seq in zip(rows.values(), seqs, strict=True):
        row.seq = seq


async def _store(db: Database, tx: Tx, rows: Rows) -> dict[Key, int]:
    """Insert; the ids of those that another transaction stored while this one waited for it."""
    now, ready_at = db.micros_now(), db.micros_lease()
    stored = await _INBOX.run(db, tx, [_values(row, now, ready_at) for row in rows.values()])
    late = {key: row for key, row in rows.items() if row.id not in stored}
    if not late:
        return {}
    ids = _taken(rows, await _known(db, tx, late))
    used = {row.delivery_id for row in rows.values()}
    for unused in {row.delivery_id for row in late.values() if row.taking.call} - used:
        await db.rows(_UNUSED, unused, tx=tx)
    return ids


def _values(row: _Row, now: int, ready_at: int) -> tuple[object, ...]:
    taking, item = row.taking, row.item
    return (
        row.id,
        taking.lane,
        taking.origin,
        item.event_id,
        taking.source_id,
        row.delivery_id,
        item.conv_key,
        row.seq,
        "dead" if item.reason else "ready",
        ready_at,
        item.reason,
        item.payload,
        now,
        now if item.reason else None,
        item.raw,
    )


async def next_seqs(db: Database, tx: Tx, keys: Sequence[str]) -> list[int]:
    """The next number in its conversation for each of these keys, in their order."""
    counts = Counter(keys)
    lasts = await _NEXT_SEQS.run(db, tx, list(counts.items()))
    seqs = {last["key"]: count(last["last_seq"] - counts[last["key"]] + 1) for last in lasts}
    return [next(seqs[key]) for key in keys]
