"""Sources: the doors that are open. Settings are encrypted at rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from storage.codec import maybe_moment, micros, unpack
from storage.database import Database
from storage.errors import KeyTaken, UnknownSource
from storage.rows import SourceRow
from storage.secrets import Box

_ALL = "SELECT * FROM source ORDER BY id"
_BY_KEY = "SELECT * FROM source WHERE key = $1"
_ADD = """
INSERT INTO source AS s (channel, key, settings, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET settings = excluded.settings, previous = NULL, previous_until = NULL,
                                removed_at = NULL, trouble = ''
WHERE s.removed_at IS NOT NULL AND s.channel = excluded.channel RETURNING *"""
_ROTATE = """
UPDATE source SET previous = settings, previous_until = $3, settings = $2
WHERE key = $1 AND removed_at IS NULL RETURNING *"""
_REMOVE = "UPDATE source SET removed_at = $2 WHERE key = $1 AND removed_at IS NULL RETURNING *"


async def add(db: Database, box: Box, channel: str, key: str, settings: Mapping[str, Any]) -> SourceRow:
    """Open a door. One that was removed opens again with its history, when the channel is the same."""
    row = await db.one(_ADD, channel, key, box.close(settings), db.micros_now())
    if row is None:
        raise KeyTaken(f"The key {key} is taken by another source. Choose another --key, or remove that one.")
    return _source(box, row)


async def rotate(db: Database, box: Box, key: str, settings: Mapping[str, Any], until: datetime) -> SourceRow:
    """Give new settings; the former ones count until the date."""
    return _found(box, key, await db.one(_ROTATE, key, box.close(settings), micros(until)))


async def remove(db: Database, box: Box, key: str) -> SourceRow:
    return _found(box, key, await db.one(_REMOVE, key, db.micros_now()))


async def sources(db: Database, box: Box, *, removed: bool = False) -> tuple[SourceRow, ...]:
    """The open ones, by id; with `removed` the closed ones too."""
    found = [_source(box, row) for row in await db.rows(_ALL)]
    return tuple(source for source in found if removed or not source.removed)


async def source(db: Database, box: Box, key: str) -> SourceRow | None:
    """An open one."""
    row = await db.one(_BY_KEY, key)
    return _source(box, row) if row and row["removed_at"] is None else None


def _found(box: Box, key: str, row: dict[str, Any] | None) -> SourceRow:
    if row is None:
        raise UnknownSource(f"There is no source with the key {key}. `frontdesk source list` shows them all.")
    return _source(box, row)


def _source(box: Box, row: dict[str, Any]) -> SourceRow:
    return SourceRow(
        id=row["id"],
        channel=row["channel"],
        key=row["key"],
        settings=box.open(row["settings"]),
        previous=box.open(row["previous"]) if row["previous"] else None,
        previous_until=maybe_moment(row["previous_until"]),
        removed=row["removed_at"] is not None,
        trouble=unpack(row["trouble"]),
    )
