"""Trying parked events again: readable ones as they are, unreadable ones through today's reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.logs import Redactor
from app.settings import Settings
from app.sources import Sources
from channels.kit.contract import Item, Source, Unreadable
from channels.kit.discover import channels
from channels.kit.errors import Malformed
from leads.events import Call, Inbound
from scheduler.clock import real_now

if TYPE_CHECKING:
    from storage.rows import Parked, RawPiece
    from storage.store import Store

MANY = 100_000


@dataclass(slots=True)
class Replayed:
    """How many are on their way again, and which are still unreadable, with why."""

    replayed: int = 0
    unread: list[tuple[int, str]] = field(default_factory=list)
    unknown: bool = False


async def replay(store: Store, settings: Settings, event_id: int | None) -> Replayed:
    """One parked event, or all of them."""
    sources = Sources(store, channels(), settings, Redactor(), real_now)
    await sources.refresh()
    result = Replayed()
    if event_id is not None:
        row = await store.parked_one(event_id)
        rows = [row] if row else []
    else:
        rows = list(reversed(await store.parked(MANY)))  # oldest first: conversations keep their order
    result.unknown = not rows
    for row in rows:
        why = await _again(store, sources, row)
        if why:
            result.unread.append((row.id, why))
        else:
            result.replayed += 1
    return result


async def _again(store: Store, sources: Sources, row: Parked) -> str:
    """Empty when the event is on its way, else why not."""
    if row.raw is None:
        await store.replay(row.id)
        return ""
    source = await sources.find(row.channel, row.source_key)
    piece = await store.raw_of(row.id)
    if source is None or piece is None:
        return "its source was closed"
    events, why = _read(source, piece)
    if why:
        return why
    await store.replace_parked(row.id, events)
    return ""


def _read(source: Source, piece: RawPiece) -> tuple[list[Inbound], str]:
    """What is in the piece by now, or why nothing is.

    Most vendors' items can only be read within their call: then all of it is read. What was taken from it
    before is known by its event ids, and not taken twice.
    """
    alone = _parsed(source, replace(piece.call, body=piece.raw))
    if piece.raw == piece.call.body or (isinstance(alone, list) and _events(alone)):
        items = alone
    else:
        items = _parsed(source, piece.call)
    if isinstance(items, str):
        return [], items
    if not (events := _events(items)):
        return [], "nothing in it is an event"
    return events, next(
        (one.why for one in items if isinstance(one, Unreadable) and one.raw == piece.raw), ""
    )


def _parsed(source: Source, call: Call) -> list[Item] | str:
    try:
        return list(channels()[source.channel].parse(source, call))
    except Malformed as error:
        return str(error)


def _events(items: Sequence[Item]) -> list[Inbound]:
    return [item for item in items if isinstance(item, Inbound)]
