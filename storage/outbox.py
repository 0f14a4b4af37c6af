"""What must be sent: rows written with their cause, claimed by those who send."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from leads.changes import End, Outbound, Settle, ToCustomer, ToManager, View
from storage import claims
from storage.codec import dumps, loads, moment, pack
from storage.database import Database, Tx
from storage.inbox import next_seq

_PRIORITY = {
    View.CARD: 1,
    View.REMINDER: 1,
    View.MOVED: 1,
    View.UNROUTED: 1,
    View.CUSTOMER: 2,
    View.CUSTOMER_EVENT: 2,
    View.CUSTOMER_EDIT: 3,
    View.CARD_EDIT: 3,
    View.STATE: 4,
}  # all others answer what a manager has just asked: 0
_REPLACE = """
UPDATE outbox SET payload = $2, lead_id = $3 WHERE coalesce_key = $1 AND state = 'ready' RETURNING id"""
_INSERT = """
INSERT INTO outbox (lane, cause, n, conv_key, conv_seq, priority, coalesce_key, chat_id, lead_id, source_id,
                    message_id, state, run_at, payload, stored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'ready', $12, $13, $14) RETURNING id"""


@dataclass(frozen=True, slots=True)
class _Place:
    lane: str
    conv_key: str
    priority: int
    coalesce: str | None = None
    chat_id: int | None = None
    lead_id: int | None = None
    source_id: int | None = None
    message_id: int | None = None


def cause_of(settle: Settle | None) -> str | None:
    """A row is done once only; an attempt that ended otherwise may write its effects again."""
    if settle is None:
        return None
    name = f"{settle.table}:{settle.id}"
    return name if settle.end is End.DONE else f"{name}@{settle.attempt}"


def _place(body: ToManager | ToCustomer) -> _Place:
    if isinstance(body, ToCustomer):
        key = pack(f"out:{body.source_id}:{body.conv}")
        return _Place("customers", key, 0, source_id=body.source_id, message_id=body.message_id)
    return _Place(
        "managers",
        f"desk:{body.lead_id or 0}:{body.chat_id}",
        _PRIORITY.get(body.view, 0),
        coalesce=pack(body.coalesce) or None,
        chat_id=body.chat_id,
        lead_id=body.lead_id,
    )


async def append(db: Database, tx: Tx, body: ToManager | ToCustomer, cause: str | None, n: int) -> int:
    """Write one row, or put it in the place of the ready one with the same coalesce key; its id."""
    place = _place(body)
    payload = dumps(body, type(body))
    if place.coalesce:
        replaced = await db.one(_REPLACE, place.coalesce, payload, place.lead_id, tx=tx)
        if replaced:
            return int(replaced["id"])
    row = await db.one(
        _INSERT,
        place.lane,
        cause,
        n,
        place.conv_key,
        await next_seq(db, tx, place.conv_key),
        place.priority,
        place.coalesce,
        place.chat_id,
        place.lead_id,
        place.source_id,
        place.message_id,
        db.micros_lease(),
        payload,
        db.micros_now(),
        tx=tx,
    )
    return int(row["id"]) if row else 0


def body_of(lane: str, payload: str) -> ToManager | ToCustomer:
    body: ToManager | ToCustomer = loads(payload, ToManager if lane == "managers" else ToCustomer)
    return body


async def claim(
    db: Database,
    lane: str,
    owner: str,
    limit: int,
    *,
    only: Collection[int] = (),
    without: Collection[int] = (),
) -> list[Outbound]:
    """Lease rows to send, in order within (lead, chat) or (source, conversation)."""
    found = await claims.claim(db, "outbox", lane, owner, limit, only=only, without=without)
    return [_outbound(lane, row) for row in found]


def _outbound(lane: str, row: dict[str, Any]) -> Outbound:
    return Outbound(
        id=row["id"],
        attempt=row["attempt"],
        tries=row["tries"],
        created_at=moment(row["stored_at"]),
        body=body_of(lane, row["payload"]),
        priority=row["priority"],
    )
