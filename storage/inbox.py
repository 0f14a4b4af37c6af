"""Accepting: what came in is committed here before anybody is told that we have it.

Plain statements, few per event; a batch of calls can share one transaction. Events of one conversation are
numbered under the lock of its `conv` row, since an automatic id is not the order of commits.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from leads.events import Call, Inbound, Receipt
from storage.codec import dump_event, dumps, micros, pack
from storage.database import Database, Tx, marks

UNREADABLE_WINDOW = timedelta(minutes=10)
_CREDENTIAL_WORDS = ("secret", "token", "authorization", "cookie", "api-key", "apikey", "password")

_NEXT_SEQ = """
INSERT INTO conv AS c (key, last_seq) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET last_seq = c.last_seq + excluded.last_seq RETURNING last_seq"""
_KNOWN = "SELECT event_id, id FROM inbox WHERE origin = $1 AND event_id IN ({ids})"
_CURSOR = """
INSERT INTO poll_cursor (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_DELIVERY = """
INSERT INTO delivery (source_id, received_at, method, headers, query, body, peer)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id"""
INSERT = """
INSERT INTO inbox (lane, origin, event_id, source_id, delivery_id, conv_key, conv_seq, state, run_at, reason,
                   payload, raw, stored_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (origin, event_id) DO NOTHING RETURNING id"""
_SEEN = """
INSERT INTO seen AS s (source_id, key, until, inbox_id) VALUES ($1, $2, $3, 0)
ON CONFLICT (source_id, key) DO UPDATE SET until = excluded.until WHERE s.until < $4 RETURNING source_id"""
_SEEN_ID = "SELECT inbox_id FROM seen WHERE source_id = $1 AND key = $2"
_SEEN_SET = "UPDATE seen SET inbox_id = $3 WHERE source_id = $1 AND key = $2"


@dataclass(frozen=True, slots=True)
class Taking:
    """One call with what its adapter read in it."""

    source_id: int
    call: Call
    events: Sequence[Inbound]
    unreadable: Sequence[tuple[bytes, str]] = ()
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    conv_key: str
    payload: str
    event_id: str | None = None
    seen_key: str | None = None
    window: timedelta = timedelta()
    reason: str = ""  # parked at once, when there is one
    raw: bytes | None = None


async def accept(db: Database, batch: Sequence[Taking]) -> list[Receipt]:
    """Store the calls in one transaction; nothing of them is stored when it fails."""
    async with db.transaction() as tx:
        receipts = [await _take(db, tx, taking) for taking in batch]
    if any(receipt.fresh for receipt in receipts):
        db.announce(["customers_in"])
    return receipts


async def _take(db: Database, tx: Tx, taking: Taking) -> Receipt:
    if taking.cursor is not None:
        await keep_cursor(db, tx, f"source:{taking.source_id}", taking.cursor)
    items = [_of_event(taking.source_id, event) for event in taking.events]
    items += [_of_unreadable(taking.source_id, raw, why) for raw, why in taking.unreadable]
    known = await known_ids(db, tx, f"source:{taking.source_id}", items)
    new = any(item.event_id is None or item.event_id not in known for item in items)
    delivery_id = await _delivery(db, tx, taking) if new else None
    receipt = await _add(db, tx, taking.source_id, delivery_id, items, known)
    if delivery_id is not None and not receipt.fresh:  # all was seen before, which only trying tells
        await db.rows("DELETE FROM delivery WHERE id = $1", delivery_id, tx=tx)
    return receipt


async def add(
    db: Database, tx: Tx, source_id: int, delivery_id: int | None, events: Sequence[Inbound]
) -> Receipt:
    """Store further events of a call that is stored already."""
    items = [_of_event(source_id, event) for event in events]
    known = await known_ids(db, tx, f"source:{source_id}", items)
    return await _add(db, tx, source_id, delivery_id, items, known)


async def _add(
    db: Database,
    tx: Tx,
    source_id: int,
    delivery_id: int | None,
    items: Sequence[Item],
    known: dict[str, int],
) -> Receipt:
    """Store what is not known yet; an item that comes twice is known the second time."""
    fresh = [item for item in items if item.event_id is None or item.event_id not in known]
    seqs = await sequences(db, tx, fresh)
    ids, count = [], 0
    for item in items:
        if item.event_id is not None and item.event_id in known:
            ids.append(known[item.event_id])
            continue
        inbox_id, new = await _store(db, tx, source_id, delivery_id, item, seqs)
        if item.event_id is not None:
            known[item.event_id] = inbox_id
        ids.append(inbox_id)
        count += new
    return Receipt(tuple(ids), count)


def _of_event(source_id: int, event: Inbound) -> Item:
    by_content = event.content_key and not event.event_id
    return Item(
        conv_key=pack(f"source:{source_id}:{event.conv}"),
        payload=dump_event(event),
        event_id=pack(event.event_id) or None,
        seen_key=pack(event.content_key) if by_content else None,
        window=event.window,
        reason=event.suspicion,
    )


def _of_unreadable(source_id: int, raw: bytes, why: str) -> Item:
    digest = hashlib.sha256(raw).hexdigest()
    return Item(
        conv_key=f"source:{source_id}:unreadable",
        payload="",
        seen_key=f"unreadable:{digest}",
        window=UNREADABLE_WINDOW,
        reason=why or "unreadable",
        raw=raw,
    )


async def known_ids(db: Database, tx: Tx, origin: str, items: Sequence[Item]) -> dict[str, int]:
    ids = [item.event_id for item in items if item.event_id is not None]
    if not ids:
        return {}
    found = await db.rows(marks(_KNOWN, 2, len(ids)), origin, *ids, tx=tx)
    return {row["event_id"]: row["id"] for row in found}


async def _delivery(db: Database, tx: Tx, taking: Taking) -> int:
    call = taking.call
    row = await db.one(
        _DELIVERY,
        taking.source_id,
        micros(call.received_at),
        call.method,
        dumps(_public(call.headers)),
        dumps(_public(call.query)),
        call.body,
        pack(call.peer),
        tx=tx,
    )
    return int(row["id"]) if row else 0


def _public(values: Mapping[str, str]) -> dict[str, str]:
    """Without what may be a credential: the raw call is kept to be read again, not to be proved again."""
    return {
        name: value
        for name, value in values.items()
        if not any(word in name.lower() for word in _CREDENTIAL_WORDS)
    }


async def sequences(db: Database, tx: Tx, items: Sequence[Item]) -> dict[str, int]:
    """The number before the first new one of each conversation, whose rows stay locked until the commit.

    Always in the same order, so that two transactions never wait for each other.
    """
    before = {}
    for key, count in sorted(Counter(item.conv_key for item in items).items()):
        row = await db.one(_NEXT_SEQ, key, count, tx=tx)
        before[key] = (row["last_seq"] if row else count) - count
    return before


async def next_seq(db: Database, tx: Tx, key: str) -> int:
    """The next number of one conversation."""
    row = await db.one(_NEXT_SEQ, key, 1, tx=tx)
    return int(row["last_seq"]) if row else 1


async def _store(
    db: Database, tx: Tx, source_id: int, delivery_id: int | None, item: Item, seqs: dict[str, int]
) -> tuple[int, int]:
    """The row's id, and 1 when it is new; a duplicate has the id of the first one."""
    if item.seen_key and (first := await _seen(db, tx, source_id, item)) is not None:
        return first, 0
    seqs[item.conv_key] += 1
    now = db.micros_now()
    row = await db.one(
        INSERT,
        "customers",
        f"source:{source_id}",
        item.event_id,
        source_id,
        delivery_id,
        item.conv_key,
        seqs[item.conv_key],
        "dead" if item.reason else "ready",
        db.micros_lease(),
        pack(item.reason),
        item.payload,
        item.raw,
        now,
        now if item.reason else None,
        tx=tx,
    )
    if row is None:  # stored by another transaction that committed while this one waited
        known = await known_ids(db, tx, f"source:{source_id}", [item])
        return next(iter(known.values())), 0
    if item.seen_key:
        await db.rows(_SEEN_SET, source_id, item.seen_key, row["id"], tx=tx)
    return int(row["id"]), 1


async def _seen(db: Database, tx: Tx, source_id: int, item: Item) -> int | None:
    """The id of the first one, when the same content came within its window."""
    now = db.micros_now()
    until = now + item.window // timedelta(microseconds=1)
    if await db.one(_SEEN, source_id, item.seen_key, until, now, tx=tx):
        return None
    row = await db.one(_SEEN_ID, source_id, item.seen_key, tx=tx)
    return int(row["inbox_id"]) if row else None


async def keep_cursor(db: Database, tx: Tx, name: str, value: str) -> None:
    await db.rows(_CURSOR, name, pack(value), tx=tx)
