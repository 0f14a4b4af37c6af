"""Small makers of what the store's tests write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from leads.changes import Changes, Row, Settle
from leads.events import Call, Inbound, Kind, Sender
from leads.model import (
    Contact,
    Conversation,
    Direction,
    Identity,
    Lead,
    LeadState,
    Manager,
    Message,
)
from storage.rows import SourceRow
from storage.store import Store

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CALL = Call("POST", {"content-type": "application/json"}, {"page": "1"}, b"{}", NOW, "192.0.2.7")


async def door(store: Store, key: str = "shop", channel: str = "telegram") -> SourceRow:
    return await store.add_source(channel, key, {"token": f"canary-{key}"})


def event(event_id: str = "", conv: str = "c1", **given: Any) -> Inbound:
    values: dict[str, Any] = {"sender": Sender("u1", "Olga"), "text": f"text {event_id}", **given}
    return Inbound(Kind.MESSAGE, conv=conv, event_id=event_id, **values)


async def received(store: Store, source: SourceRow, *events: Inbound) -> tuple[int, ...]:
    return (await store.accept(source.id, CALL, events)).ids


def manager(telegram_id: int = 100, name: str = "Ann", **given: Any) -> Manager:
    return Manager(-1, telegram_id, name, **given)


def a_lead(source: SourceRow, text: str = "How much?", name: str = "Ольга", **given: Any) -> tuple[Row, ...]:
    """A contact (-1) with an identity (-2), a conversation (-3), an open lead (-4) and a message (-5)."""
    person = given.pop("external_id", "u1")
    values: dict[str, Any] = {"state": LeadState.WAITING, "opened_at": NOW, "via": -3, **given}
    return (
        Contact(-1, name, NOW, NOW),
        Identity(-2, -1, source.channel, source.id, person, NOW, username="olga_s"),
        Conversation(-3, -1, source.id, source.channel, f"c-{person}", "777", NOW, identity_id=-2),
        Lead(-4, -1, source.id, source.channel, **values),
        Message(-5, -4, Direction.IN, NOW, conversation_id=-3, text=text, external_id="m1"),
    )


async def put(store: Store, *rows: Row, settle: Settle | None = None, **more: Any) -> dict[int, int]:
    return await store.commit(Changes(put=rows, settle=settle, **more))
