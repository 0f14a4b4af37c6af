"""The one way to write the domain: `Changes` in one transaction, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from leads.changes import Changes, ToCustomer, ToManager, TurnTaken
from leads.errors import Conflict
from leads.model import Contact, Entry, Invite, Lead, Manager, Message, Reminder, ReminderState
from storage import claims, outbox
from storage.database import Database, Tx, marks
from storage.mapping import columns, new_row, table_of
from storage.models import JournalRow, ManagerRow

_FOREIGN = frozenset({"chat_id", "topic_id", "card_id", "desk_id", "telegram_id", "external_id"})
_CANCEL = "UPDATE reminder SET state = 'cancelled' WHERE state = 'waiting' AND id IN ({ids}) RETURNING id"
_DEAD_TO = (
    "SELECT id FROM outbox WHERE lane = 'managers' AND state = 'dead' AND chat_id IN ({ids}) ORDER BY id"
)


async def commit(db: Database, changes: Changes) -> dict[int, int]:
    """Write all or nothing; the true id of each negative one."""
    async with db.transaction() as tx:
        ids, queues = await write(db, tx, changes)
    db.announce(queues)
    return ids


async def write(db: Database, tx: Tx, changes: Changes) -> tuple[dict[int, int], list[str]]:
    """Write inside a transaction; the true ids, and the queues that got rows."""
    queues: list[str | None] = []
    if changes.settle:  # first: who lost the lease has nothing to write
        queues.append(await claims.settle(db, tx, changes.settle))
    ids: dict[int, int] = {}
    cause, n = outbox.cause_of(changes.settle), 0
    for row in changes.put:
        if isinstance(row, ToManager | ToCustomer):
            await outbox.append(db, tx, resolved(row, ids), cause, n)
            queues.append("managers_out" if isinstance(row, ToManager) else "customers_out")
            n += 1
        elif isinstance(row, TurnTaken):
            await ManagerRow.filter(id=row.manager_id).using_db(tx).update(last_lead_at=row.at)
        elif not isinstance(row, Entry):
            ids[row.id] = await _put(tx, resolved(row, ids))
    await _journal(tx, [resolved(row, ids) for row in changes.put if isinstance(row, Entry)])
    if changes.cancel:
        await db.rows(marks(_CANCEL, 1, len(changes.cancel)), *changes.cancel, tx=tx)
    queues += await _revive(db, tx, changes.revive)
    return ids, [queue for queue in queues if queue]


def resolved(row: Any, ids: Mapping[int, int]) -> Any:
    """The row with true ids where it names rows that were just stored."""
    changed: dict[str, Any] = {}
    for name in row.__slots__:
        value = getattr(row, name)
        if name == "args":
            changed[name] = {key: _true(arg, ids) for key, arg in value.items()}
        elif (name == "via" or name.endswith("_id")) and name not in _FOREIGN and _negative(value):
            if value not in ids:
                raise LookupError(f"{type(row).__name__}.{name}: no row {value} stands before it")
            changed[name] = ids[value]
    return replace(row, **changed) if changed else row


def _negative(value: Any) -> bool:
    return isinstance(value, int) and value < 0


def _true(value: Any, ids: Mapping[int, int]) -> Any:
    return ids.get(value, value) if _negative(value) else value


async def _put(tx: Tx, row: Any) -> int:
    """Insert or replace one row of the domain; its id."""
    return await _insert(tx, row) if row.id < 0 else await _replace(tx, row)


async def _insert(tx: Tx, row: Any) -> int:
    if isinstance(row, Manager):
        former = await ManagerRow.filter(telegram_id=row.telegram_id, active=False).using_db(tx).first()
        if former is not None:  # removed once, and here again
            return await _replace(tx, replace(row, id=former.id))
    made = new_row(row)
    await made.save(using_db=tx, force_create=True)
    return int(made.pk)


async def _replace(tx: Tx, row: Any) -> int:
    values = columns(row)
    must: dict[str, Any] = {"id": row.id}
    if isinstance(row, Lead | Contact | Message):
        must["version"] = row.version
        values["version"] = row.version + 1
    elif isinstance(row, Reminder) and row.state is ReminderState.FIRED:
        must["state"] = ReminderState.WAITING
    elif isinstance(row, Invite) and row.used_by is not None:
        must["used_by__isnull"] = True
    changed = await table_of(type(row)).filter(**must).using_db(tx).update(**values)
    if not changed:
        raise Conflict(f"{type(row).__name__} {row.id} is not as it was read")
    return int(row.id)


async def _journal(tx: Tx, entries: Sequence[Entry]) -> None:
    rows = [cast(JournalRow, new_row(entry)) for entry in entries]
    if rows:
        await JournalRow.bulk_create(rows, using_db=tx)


async def _revive(db: Database, tx: Tx, chats: Sequence[int]) -> list[str | None]:
    if not chats:
        return []
    dead = await db.rows(marks(_DEAD_TO, 1, len(chats)), *chats, tx=tx)
    return [await claims.revive(db, tx, "outbox", row["id"]) for row in dead]
