"""Accepting updates of the managers' bot: the same inbox, its lane `desk`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storage import inbox
from storage.codec import dump_update, pack
from storage.database import Database, Tx


async def accept_updates(
    db: Database, bot: str, updates: Sequence[Mapping[str, Any]], cursor: str | None
) -> int:
    """Store updates of the managers' bot with the cursor; how many are new."""
    origin = f"bot:{bot}"
    items = [
        inbox.Item(f"{origin}:{_place(update)}", dump_update(update), event_id=_update_id(update))
        for update in updates
    ]
    async with db.transaction() as tx:
        if cursor is not None:
            await inbox.keep_cursor(db, tx, f"desk:{bot}", cursor)
        known = await inbox.known_ids(db, tx, origin, items)
        fresh = [item for item in items if item.event_id not in known]
        seqs = await inbox.sequences(db, tx, fresh)
        count = sum([await _store_update(db, tx, origin, item, seqs) for item in fresh])
    if count:
        db.announce(["desk_in"])
    return count


async def _store_update(db: Database, tx: Tx, origin: str, item: inbox.Item, seqs: dict[str, int]) -> int:
    seqs[item.conv_key] += 1
    row = await db.one(
        inbox.INSERT,
        "desk",
        origin,
        item.event_id,
        None,
        None,
        item.conv_key,
        seqs[item.conv_key],
        "ready",
        db.micros_lease(),
        "",
        item.payload,
        None,
        db.micros_now(),
        None,
        tx=tx,
    )
    return int(row is not None)


def _update_id(update: Mapping[str, Any]) -> str | None:
    found = update.get("update_id")
    return None if found is None else pack(str(found))


def _place(update: Mapping[str, Any]) -> str:
    """The chat that an update is about, else the person: what must stay in order together."""
    for event in update.values():
        if not isinstance(event, Mapping):
            continue
        message = event.get("message")
        places = [event.get("chat"), message.get("chat") if isinstance(message, Mapping) else None]
        for place in (*places, event.get("from"), event.get("user")):
            if isinstance(place, Mapping) and "id" in place:
                return pack(str(place["id"]))
    return ""
