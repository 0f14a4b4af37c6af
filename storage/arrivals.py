"""Claimed rows of the inbox, as the workers get them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from leads.changes import Arrived, Changes, DeskUpdate, End, Settle
from storage import claims, commit
from storage.codec import load_event, load_update, moment
from storage.database import Database

log = logging.getLogger(__name__)
T = TypeVar("T")


async def claim_events(db: Database, owner: str, limit: int) -> list[Arrived]:
    """Lease customers' events, in order within a conversation."""
    found = await claims.claim(db, "inbox", "customers", owner, limit)
    if not found:
        return []
    places = {row["id"]: row for row in await db.rows("SELECT id, channel, key FROM source")}
    return await _read(db, found, lambda row: _arrived(row, places[row["source_id"]]))


async def claim_updates(db: Database, owner: str, limit: int) -> list[DeskUpdate]:
    """Lease updates of the managers' bot, in order within a chat."""
    found = await claims.claim(db, "inbox", "desk", owner, limit)
    return await _read(db, found, _update)


async def _read(db: Database, found: list[dict[str, Any]], read: Callable[[dict[str, Any]], T]) -> list[T]:
    """The rows that can be read; one that cannot is parked and stops nobody else."""
    good = []
    for row in found:
        try:
            good.append(read(row))
        except (ValueError, KeyError):
            log.exception("inbox row %s cannot be read: parked", row["id"])
            end = Settle("inbox", row["id"], row["attempt"], End.PARKED, "unreadable payload")
            await commit.commit(db, Changes(settle=end))
    return good


def _arrived(row: dict[str, Any], place: dict[str, Any]) -> Arrived:
    return Arrived(
        inbox_id=row["id"],
        attempt=row["attempt"],
        tries=row["tries"],
        begun=row["begun"],
        source_id=row["source_id"],
        channel=place["channel"],
        source_key=place["key"],
        event=load_event(row["payload"]),
        stored_at=moment(row["stored_at"]),
    )


def _update(row: dict[str, Any]) -> DeskUpdate:
    return DeskUpdate(
        inbox_id=row["id"],
        attempt=row["attempt"],
        tries=row["tries"],
        begun=row["begun"],
        update=load_update(row["payload"]),
        stored_at=moment(row["stored_at"]),
    )
