"""What is stored in one piece: a call with what was read in it, or updates of the managers' bot.

All that can be made ready before the transaction is made ready here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from leads.events import Call, Inbound
from storage.codec import dump_event, dump_json, dump_update, micros, pack

UNREADABLE_WINDOW = timedelta(minutes=10)
_CREDENTIAL_WORDS = ("secret", "token", "authorization", "cookie", "api-key", "apikey", "password")


@dataclass(frozen=True, slots=True)
class Item:
    """One event or update; an event id or a seen key tells that it came before."""

    conv_key: str
    payload: str
    event_id: str | None = None
    seen_key: str | None = None
    window: timedelta = timedelta()
    reason: str = ""  # parked at once, when there is one
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Taking:
    """Items of one origin, stored all or none; `call` holds the columns of a delivery still to be stored."""

    lane: str
    origin: str
    items: tuple[Item, ...]
    source_id: int | None = None
    call: tuple[Any, ...] | None = None
    delivery_id: int | None = None
    cursor: tuple[str, str] | None = None


def of_call(
    source_id: int,
    call: Call,
    events: Sequence[Inbound],
    unreadable: Sequence[tuple[bytes, str]] = (),
    cursor: str | None = None,
) -> Taking:
    origin = f"source:{source_id}"
    items = [_of_event(source_id, event) for event in events]
    items += [_of_unreadable(source_id, raw, why) for raw, why in unreadable]
    kept = None if cursor is None else (origin, pack(cursor))
    return Taking("customers", origin, tuple(items), source_id, _columns(source_id, call), cursor=kept)


def of_stored(source_id: int, delivery_id: int, events: Sequence[Inbound]) -> Taking:
    """Further events of a call that is stored already."""
    items = tuple(_of_event(source_id, event) for event in events)
    return Taking("customers", f"source:{source_id}", items, source_id, delivery_id=delivery_id)


def of_updates(bot: str, updates: Sequence[Mapping[str, Any]], cursor: str | None) -> Taking:
    origin = f"bot:{bot}"
    items = tuple(
        Item(f"{origin}:{_place(update)}", dump_update(update), event_id=_update_id(update))
        for update in updates
    )
    kept = None if cursor is None else (f"desk:{bot}", pack(cursor))
    return Taking("desk", origin, items, cursor=kept)


def _of_event(source_id: int, event: Inbound) -> Item:
    by_content = event.content_key and not event.event_id
    return Item(
        conv_key=pack(f"source:{source_id}:{event.conv}"),
        payload=dump_event(event),
        event_id=pack(event.event_id) or None,
        seen_key=pack(event.content_key) if by_content else None,
        window=event.window,
        reason=pack(event.suspicion),
    )


def _of_unreadable(source_id: int, raw: bytes, why: str) -> Item:
    digest = hashlib.sha256(raw).hexdigest()
    return Item(
        conv_key=f"source:{source_id}:unreadable",
        payload="",
        seen_key=f"unreadable:{digest}",
        window=UNREADABLE_WINDOW,
        reason=pack(why) or "unreadable",
        raw=raw,
    )


def _columns(source_id: int, call: Call) -> tuple[Any, ...]:
    headers, query = dump_json(_public(call.headers)), dump_json(_public(call.query))
    return source_id, micros(call.received_at), call.method, headers, query, pack(call.peer), call.body


def _public(values: Mapping[str, str]) -> dict[str, str]:
    """Without what may be a credential: the raw call is kept to be read again, not to be proved again."""
    return {name: value for name, value in values.items() if not _credential(name)}


@lru_cache(1024)
def _credential(name: str) -> bool:
    return any(word in name.lower() for word in _CREDENTIAL_WORDS)


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
