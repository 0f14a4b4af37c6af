"""A small store in memory, for rules that need a sequence; versions, conflicts, leases, numbers are real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from leads.changes import Arrived, Changes, Settle, ToCustomer, ToManager, TurnTaken, View
from leads.errors import Conflict, LostLease
from leads.events import Inbound, Kind
from leads.journal import Word
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    DeskMessage,
    DeskThread,
    Direction,
    Entry,
    Identity,
    Invite,
    Lead,
    Link,
    LinkBy,
    Manager,
    Message,
    PointKind,
    Reminder,
    ReminderState,
)
from leads.ports import Asked, Candidate, IntakeSnapshot, LeadLine, LeadSnapshot

TABLES = (
    Manager,
    Invite,
    Contact,
    ContactPoint,
    Identity,
    Link,
    Lead,
    Conversation,
    Message,
    DeskThread,
    DeskMessage,
    Reminder,
    Entry,
)


class Memory:
    """`before_commit` lets a test change things between a decision's reading and its writing."""

    def __init__(self) -> None:
        self.tables: dict[type, dict[int, Any]] = {kind: {} for kind in TABLES}
        self.sent: list[ToManager | ToCustomer] = []
        self.settled: list[Settle] = []
        self.leases: dict[tuple[str, int], int] = {}
        self.revived: list[int] = []
        self.commits = 0
        self.before_commit: Callable[[], None] | None = None
        self._last = 0

    # Reading, for tests

    def all(self, kind: type) -> list[Any]:
        return [self.tables[kind][key] for key in sorted(self.tables[kind])]

    def only(self, kind: type) -> Any:
        (row,) = self.all(kind)
        return row

    def shown(self, *views: View) -> list[ToManager]:
        return [row for row in self.sent if isinstance(row, ToManager) and (not views or row.view in views)]

    def to_customers(self) -> list[ToCustomer]:
        return [row for row in self.sent if isinstance(row, ToCustomer)]

    def words(self, lead_id: int | None = None) -> list[str]:
        return [str(one.kind) for one in self.all(Entry) if lead_id in {None, one.lead_id}]

    def add(self, row: Any) -> Any:
        """Put one row past all rules; its id is given when it has none."""
        if row.id <= 0:
            row = replace(row, id=self._new_id())
        self._last = max(self._last, row.id)
        self.tables[type(row)][row.id] = row
        return row

    # The port

    async def commit(self, changes: Changes) -> Mapping[int, int]:
        await asyncio.sleep(0)
        if self.before_commit:
            hook, self.before_commit = self.before_commit, None
            hook()
        settle = changes.settle
        if settle and self.leases.get((settle.table, settle.id), settle.attempt) != settle.attempt:
            raise LostLease
        before = {kind: dict(rows) for kind, rows in self.tables.items()}
        ids: dict[int, int] = {}
        new: list[ToManager | ToCustomer] = []
        try:
            for row in changes.put:
                self._put(row, ids, new)
            self._check_unique()
        except Conflict:
            self.tables = before
            raise
        for number in changes.cancel:
            known = self.tables[Reminder].get(number)
            if known and known.state is ReminderState.WAITING:
                self.tables[Reminder][number] = replace(known, state=ReminderState.CANCELLED)
        for row in new:
            self._append(row)
        if settle:
            self.settled.append(settle)
        self.revived += changes.revive
        self.commits += 1
        return ids

    def _put(self, row: Any, ids: dict[int, int], new: list[ToManager | ToCustomer]) -> None:
        row = _named(row, ids)
        if isinstance(row, ToManager | ToCustomer):
            new.append(row)
        elif isinstance(row, TurnTaken):
            self.tables[Manager][row.manager_id] = replace(
                self.tables[Manager][row.manager_id], last_lead_at=row.at
            )
        elif row.id < 0:
            assert row.id not in ids, f"{row.id} is used twice"
            ids[row.id] = self._new_id()
            self.tables[type(row)][ids[row.id]] = replace(row, id=ids[row.id])
        else:
            self._replace(row)

    def _replace(self, row: Any) -> None:
        stored = self.tables[type(row)][row.id]
        if isinstance(row, Lead | Contact | Message):
            if stored.version != row.version:
                raise Conflict
            row = replace(row, version=row.version + 1)
        fires = isinstance(row, Reminder) and row.state is ReminderState.FIRED
        if fires and stored.state is not ReminderState.WAITING:
            raise Conflict
        if isinstance(row, Invite) and stored.used_by is not None:
            raise Conflict
        self.tables[type(row)][row.id] = row

    def _check_unique(self) -> None:
        keys: list[tuple[Any, ...]] = [("open", one.contact_id) for one in self.all(Lead) if one.open]
        keys += [("identity", i.channel, i.source_id, i.external_id) for i in self.all(Identity)]
        keys += [("point", p.contact_id, p.kind, p.value) for p in self.all(ContactPoint)]
        keys += [("conversation", c.source_id, c.conv) for c in self.all(Conversation)]
        keys += [("desk", d.chat_id, d.desk_id) for d in self.all(DeskMessage)]
        keys += [("manager", m.telegram_id) for m in self.all(Manager) if m.active]
        if len(keys) != len(set(keys)):
            raise Conflict

    def _append(self, row: ToManager | ToCustomer) -> None:
        if isinstance(row, ToManager) and row.coalesce:
            self.sent = [one for one in self.sent if getattr(one, "coalesce", "") != row.coalesce]
        self.sent.append(row)

    def _new_id(self) -> int:
        self._last += 1
        return self._last

    async def commit_many(self, batch: Sequence[Changes]) -> list[Mapping[int, int] | Exception]:
        results: list[Mapping[int, int] | Exception] = []
        for changes in batch:
            try:
                results.append(await self.commit(changes))
            except Exception as error:
                results.append(error)
        return results

    async def intake_snapshots(self, asked: Sequence[Asked]) -> list[IntakeSnapshot]:
        return [await self.intake_snapshot(one.arrived, one.phones, one.emails) for one in asked]

    async def intake_snapshot(
        self, arrived: Arrived, phones: Sequence[str], emails: Sequence[str]
    ) -> IntakeSnapshot:
        event = arrived.event
        way = next(
            (c for c in self.all(Conversation) if (c.source_id, c.conv) == (arrived.source_id, event.conv)),
            None,
        )
        candidates = self._candidates(arrived, event, phones, emails)
        target, part = self._named(way, event.message_id), 0
        if target is None and event.kind in {Kind.STATUS, Kind.REACTION, Kind.CLICK, Kind.ECHO}:
            target, part = self._part(event.message_id)
        leads = {one.open_lead.id for one in candidates if one.open_lead}
        return IntakeSnapshot(
            candidates,
            way,
            target,
            part,
            self._named(way, event.reply_to) or self._part(event.reply_to)[0],
            self.tables[Lead].get(target.lead_id) if target else None,
            tuple(t for t in self.all(DeskThread) if t.active and t.lead_id in leads),
            tuple(r for r in self.all(Reminder) if r.state is ReminderState.WAITING and r.lead_id in leads),
            await self.managers(),
        )

    def _candidates(
        self, arrived: Arrived, event: Inbound, phones: Sequence[str], emails: Sequence[str]
    ) -> tuple[Candidate, ...]:
        found: dict[int, tuple[LinkBy, str]] = {}
        key = (arrived.channel, arrived.source_id, event.sender.external_id)
        for one in self.all(Identity):
            if (one.channel, one.source_id, one.external_id) == key:
                found[one.contact_id] = (LinkBy.IDENTITY, "")
        for kind, by, values in (
            (PointKind.EMAIL, LinkBy.EMAIL, emails),
            (PointKind.PHONE, LinkBy.PHONE, phones),
        ):
            for point in self.all(ContactPoint):
                if point.kind is kind and point.value in values:
                    found.setdefault(point.contact_id, (by, point.value))
        return tuple(self._candidate(number, *why) for number, why in found.items())

    def _candidate(self, contact_id: int, by: LinkBy, value: str) -> Candidate:
        leads = [one for one in self.all(Lead) if one.contact_id == contact_id]
        return Candidate(
            self.tables[Contact][contact_id],
            self._of(Identity, contact_id),
            self._of(ContactPoint, contact_id),
            by,
            value,
            next((one for one in leads if one.open), None),
            next((one for one in reversed(leads) if not one.open), None),
        )

    def _of(self, kind: type, contact_id: int) -> tuple[Any, ...]:
        return tuple(row for row in self.all(kind) if row.contact_id == contact_id)

    def _named(self, way: Conversation | None, external_id: str) -> Message | None:
        if way is None or not external_id:
            return None
        found = [
            one
            for one in self.all(Message)
            if (one.conversation_id, one.external_id) == (way.id, external_id)
        ]
        return found[-1] if found else None

    def _part(self, external_id: str) -> tuple[Message | None, int]:
        for entry in self.all(Entry):
            if entry.kind == Word.WENT and external_id and entry.data["external_id"] == external_id:
                return self.tables[Message][entry.data["message"]], entry.data["part"]
        return None, 0

    async def lead_snapshot(self, lead_id: int) -> LeadSnapshot | None:
        await asyncio.sleep(0)
        lead = self.tables[Lead].get(lead_id)
        if lead is None:
            return None
        ways = self._of(Conversation, lead.contact_id)
        inbound = [one for one in await self.messages(lead_id) if one.direction is Direction.IN]
        live = {ReminderState.WAITING, ReminderState.FIRED}
        return LeadSnapshot(
            lead,
            self.tables[Contact][lead.contact_id],
            self._of(ContactPoint, lead.contact_id),
            self._of(Identity, lead.contact_id),
            tuple(sorted(ways, key=lambda one: one.last_in_at or one.created_at, reverse=True)),
            tuple(one for one in self.all(DeskThread) if one.lead_id == lead_id),
            tuple(one for one in self.all(Reminder) if one.lead_id == lead_id and one.state in live),
            await self.managers(),
            inbound[0] if inbound else None,
            inbound[-1] if inbound else None,
        )

    async def lead_at(self, chat_id: int, topic_id: int | None, reply_to: int | None) -> int | None:
        raise NotImplementedError

    async def desk_message(self, chat_id: int, desk_id: int) -> DeskMessage | None:
        found = (o for o in self.all(DeskMessage) if (o.chat_id, o.desk_id) == (chat_id, desk_id))
        return next(found, None)

    async def desk_messages_of(self, message_id: int) -> tuple[DeskMessage, ...]:
        return tuple(one for one in self.all(DeskMessage) if one.message_id == message_id)

    async def message(self, message_id: int) -> Message | None:
        return self.tables[Message].get(message_id)

    async def messages(self, lead_id: int, limit: int = 50) -> tuple[Message, ...]:
        return tuple([one for one in self.all(Message) if one.lead_id == lead_id][-limit:])

    async def conversation(self, conversation_id: int) -> Conversation | None:
        return self.tables[Conversation].get(conversation_id)

    async def manager_by_telegram(self, telegram_id: int) -> Manager | None:
        return next((one for one in await self.managers() if one.telegram_id == telegram_id), None)

    async def managers(self) -> tuple[Manager, ...]:
        return tuple(one for one in self.all(Manager) if one.active)

    async def invite(self, token_hash: str) -> Invite | None:
        return next((one for one in self.all(Invite) if one.token_hash == token_hash), None)

    async def reminder(self, reminder_id: int) -> Reminder | None:
        return self.tables[Reminder].get(reminder_id)

    async def due_reminders(self, now: datetime, limit: int) -> tuple[Reminder, ...]:
        due = [o for o in self.all(Reminder) if o.state is ReminderState.WAITING and o.due_at <= now]
        return tuple(sorted(due, key=lambda one: one.due_at)[:limit])

    async def waiting_leads(self, limit: int) -> tuple[Lead, ...]:
        return tuple([one for one in self.all(Lead) if one.state.value == "waiting"][:limit])

    async def open_leads(self, manager_id: int | None, limit: int, offset: int = 0) -> tuple[LeadLine, ...]:
        mine = [o for o in self.all(Lead) if o.open and manager_id in {None, o.manager_id}]
        return tuple(LeadLine(one, "", "", "") for one in mine[offset : offset + limit])

    async def find_leads(self, words: str, limit: int) -> tuple[LeadLine, ...]:
        raise NotImplementedError

    async def journal(self, lead_id: int) -> tuple[Entry, ...]:
        return tuple(one for one in self.all(Entry) if one.lead_id == lead_id)


def _named(row: Any, ids: Mapping[int, int]) -> Any:
    """The row with true ids wherever it names one of the same `Changes`; naming a later one is an error."""
    changed: dict[str, Any] = {}
    for field in fields(row):
        value = getattr(row, field.name)
        if field.name == "args":
            changed["args"] = {name: ids.get(one, one) if _new(one) else one for name, one in value.items()}
        elif (field.name.endswith("_id") or field.name == "via") and _new(value):
            changed[field.name] = ids[value]
    if isinstance(row, Entry):
        assert not any(_new(value) for value in row.data.values()), "the journal names an unstored row"
    return replace(row, **changed)


def _new(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value < 0
