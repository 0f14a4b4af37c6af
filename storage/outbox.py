"""What must be sent: rows written with their cause, claimed by those who send."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from leads.changes import End, Outbound, Settle, ToCustomer, ToManager, View
from storage import claims
from storage.codec import dumps, loads, moment, pack
from storage.database import Database, Tx
from storage.inbox import next_seqs
from storage.many import Insert, Statement, numbers

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
PRIORITIES = sorted({0, *_PRIORITY.values()})
_REPLACE = Statement(
    """
UPDATE outbox SET payload = n_payload, lead_id = n_lead_id FROM {given}
WHERE coalesce_key = n_key AND state = 'ready' RETURNING coalesce_key""",
    {"n_key": "text", "n_payload": "text", "n_lead_id": "bigint"},
)
_INSERT = Insert(
    "outbox",
    {
        "id": "bigint",
        "lane": "text",
        "cause": "text",
        "n": "integer",
        "conv_key": "text",
        "conv_seq": "bigint",
        "priority": "integer",
        "coalesce_key": "text",
        "chat_id": "bigint",
        "lead_id": "bigint",
        "source_id": "bigint",
        "message_id": "bigint",
        "state": "text",
        "run_at": "bigint",
        "payload": "text",
        "stored_at": "bigint",
    },
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What must be sent, and the `n`th of which cause it is."""

    body: ToManager | ToCustomer
    cause: str | None
    n: int


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


async def append(db: Database, tx: Tx, effects: Sequence[Effect]) -> list[str]:
    """Write rows, or put them in the place of the ready ones with the same coalesce key; their queues."""
    places = [(effect, _place(effect.body)) for effect in effects]
    # Of two that say the same, the later one is told.
    new = {place.coalesce or n: (effect, place) for n, (effect, place) in enumerate(places)}
    for key in await _put_in_place(db, tx, [pair for pair in new.values() if pair[1].coalesce]):
        del new[key]
    await _insert(db, tx, list(new.values()))
    return [claims.QUEUES["outbox", place.lane] for _, place in places]


async def _put_in_place(db: Database, tx: Tx, pairs: Sequence[tuple[Effect, _Place]]) -> list[str]:
    rows = sorted((place.coalesce, _payload(effect.body), place.lead_id) for effect, place in pairs)
    return [row["coalesce_key"] for row in await _REPLACE.run(db, tx, rows)]


async def _insert(db: Database, tx: Tx, pairs: Sequence[tuple[Effect, _Place]]) -> None:
    if not pairs:
        return
    ids = await numbers(db, tx, ["outbox"] * len(pairs))
    seqs = await next_seqs(db, tx, [place.conv_key for _, place in pairs])
    values = [
        (
            next(ids["outbox"]),
            place.lane,
            effect.cause,
            effect.n,
            place.conv_key,
            seq,
            place.priority,
            place.coalesce,
            place.chat_id,
            place.lead_id,
            place.source_id,
            place.message_id,
            "ready",
            db.micros_lease(),
            _payload(effect.body),
            db.micros_now(),
        )
        for (effect, place), seq in zip(pairs, seqs, strict=True)
    ]
    await _INSERT.run(db, tx, values)


def _payload(body: ToManager | ToCustomer) -> str:
    return dumps(body, type(body))


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
        begun=row["begun"],
        created_at=moment(row["stored_at"]),
        body=body_of(lane, row["payload"]),
        priority=row["priority"],
    )
