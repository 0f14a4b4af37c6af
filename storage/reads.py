"""Single rows and short lists of the domain, read without locks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from leads.model import (
    Conversation,
    DeskMessage,
    DeskThread,
    Entry,
    Invite,
    Lead,
    LeadState,
    Manager,
    Message,
    Reminder,
    ReminderState,
)
from storage.database import Database
from storage.mapping import field_of, table_of, to_row

T = TypeVar("T")


async def some(
    db: Database, kind: type[T], /, *order: str, limit: int | None = None, offset: int = 0, **where: Any
) -> tuple[T, ...]:
    """The rows of one kind that match, in this order: `name`, `name__in`, `name__lte`; `-name` is falling."""
    sql = _select(table_of(kind), tuple(where), order, db.sqlite, limited=limit is not None)
    args = [_value(db, kind, name, value) for name, value in where.items()]
    found = await db.rows(sql, *args, *(() if limit is None else (limit, offset)))
    return tuple(to_row(kind, row) for row in found)


@cache
def _select(table: str, where: Sequence[str], order: Sequence[str], sqlite: bool, *, limited: bool) -> str:
    # One text however many are asked for: the databases keep it prepared.
    among = "IN (SELECT value FROM json_each({}))" if sqlite else "= ANY({})"
    how = {"": "= {}", "in": among, "lte": "<= {}"}
    asked = [(name.partition("__"), f"${n}") for n, name in enumerate(where, 1)]
    terms = [f'"{name}" {how[word].format(mark)}' for (name, _, word), mark in asked]
    by = [f'"{name.removeprefix("-")}"{" DESC" * name.startswith("-")}' for name in order]
    return (
        f"SELECT * FROM {table}"  # noqa: S608  names of ours
        + (f" WHERE {' AND '.join(terms)}" if terms else "")
        + (f" ORDER BY {', '.join(by)}" if by else "")
        + (f" LIMIT ${len(where) + 1} OFFSET ${len(where) + 2}" if limited else "")
    )


def _value(db: Database, kind: type, name: str, value: Any) -> Any:
    column, _, word = name.partition("__")
    stored: Callable[[Any, Any], Any] = field_of(kind, column).to_db_value
    return db.array([stored(one, None) for one in value]) if word == "in" else stored(value, None)


async def first(db: Database, kind: type[T], /, *order: str, **where: Any) -> T | None:
    return next(iter(await some(db, kind, *order, limit=1, **where)), None)


async def by_ids(db: Database, kind: type[T], ids: Iterable[int | None]) -> dict[int, T]:
    """The rows with these ids, by id."""
    wanted = sorted({row_id for row_id in ids if row_id is not None})
    found = await some(db, kind, "id", id__in=wanted) if wanted else ()
    return {row.id: row for row in found}  # type: ignore[attr-defined]


async def desk_message(db: Database, chat_id: int, desk_id: int) -> DeskMessage | None:
    return await first(db, DeskMessage, chat_id=chat_id, desk_id=desk_id)


async def desk_messages_of(db: Database, message_id: int) -> tuple[DeskMessage, ...]:
    return await some(db, DeskMessage, "id", message_id=message_id)


async def lead_at(db: Database, chat_id: int, topic_id: int | None, reply_to: int | None) -> int | None:
    """By topic first: a message in a topic may name the topic's root as the one it replies to."""
    thread = message = None
    if topic_id is not None:
        thread = await first(db, DeskThread, "-active", "-id", chat_id=chat_id, topic_id=topic_id)
    if thread is None and reply_to is not None:
        message = await desk_message(db, chat_id, reply_to)
        thread = await first(db, DeskThread, "-active", "-id", chat_id=chat_id, card_id=reply_to)
    if message is not None:
        return message.lead_id
    return thread.lead_id if thread else None


async def message(db: Database, message_id: int) -> Message | None:
    return await first(db, Message, id=message_id)


async def messages(db: Database, lead_id: int, limit: int = 50) -> tuple[Message, ...]:
    return (await some(db, Message, "-id", limit=limit, lead_id=lead_id))[::-1]


async def conversation(db: Database, conversation_id: int) -> Conversation | None:
    return await first(db, Conversation, id=conversation_id)


async def manager_by_telegram(db: Database, telegram_id: int) -> Manager | None:
    return await first(db, Manager, telegram_id=telegram_id, active=True)


async def managers(db: Database, *, removed: bool = False) -> tuple[Manager, ...]:
    return await some(db, Manager, "id", **({} if removed else {"active": True}))


async def invite(db: Database, token_hash: str) -> Invite | None:
    return await first(db, Invite, token_hash=token_hash)


async def reminder(db: Database, reminder_id: int) -> Reminder | None:
    return await first(db, Reminder, id=reminder_id)


async def due_reminders(db: Database, now: datetime, limit: int) -> tuple[Reminder, ...]:
    waiting = ReminderState.WAITING
    return await some(db, Reminder, "due_at", "id", limit=limit, state=waiting, due_at__lte=now)


async def waiting_leads(db: Database, limit: int) -> tuple[Lead, ...]:
    return await some(db, Lead, "opened_at", "id", limit=limit, state=LeadState.WAITING)


async def journal(db: Database, lead_id: int) -> tuple[Entry, ...]:
    return await some(db, Entry, "id", lead_id=lead_id)
