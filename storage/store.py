"""The store: everything that other rooms may ask of the database, in one class of short methods."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from leads import ports
from leads.changes import Arrived, Changes, DeskUpdate, Outbound
from leads.events import Call, Inbound, Receipt
from leads.model import Conversation, DeskMessage, Entry, Invite, Lead, Manager, Message, Reminder, Role
from leads.ports import Asked, IntakeSnapshot, LeadLine, LeadSnapshot
from storage import (
    arrivals,
    claims,
    commit,
    indexing,
    leases,
    lists,
    outbox,
    people,
    reads,
    retention,
    snapshots,
    sources,
    upkeep,
)
from storage.calls import do, group_changes, group_commit, group_leads, insist
from storage.database import Database
from storage.files import Files
from storage.rows import Depth, Parked, RawPiece, SourceRow, Unsent
from storage.secrets import Box
from storage.strangers import Strangers
from storage.taking import of_call, of_updates
from storage.watching import Watching


class Store:
    """Raises `StoreUnavailable` when the database is away; see the methods for more."""

    def __init__(self, database: Database, box: Box, state: Path) -> None:
        self._db = database
        self._box = box
        self.files = Files(database, box, state / "blobs")
        self.strangers = Strangers(database)
        self.watching = Watching(database)
        self.on_commit: list[Callable[[str], None]] = database.on_commit
        """Called after each commit that made rows ready, with their queue's name, see `claims.QUEUES`."""

        self._intake = group_commit(database)
        self._changes = group_changes(database)
        self._leads = group_leads(database)

    async def close(self) -> None:
        for each in (self._intake, self._changes, self._leads):
            await each.close()
        await self._db.close()

    # Accepting

    async def accept(
        self,
        source_id: int,
        call: Call,
        events: Sequence[Inbound],
        unreadable: Sequence[tuple[bytes, str]] = (),
        *,
        cursor: str | None = None,
    ) -> Receipt:
        """Store a call and its events, and the poll's cursor with them; committed when this returns.

        A duplicate gets the id of the first one. Suspicious and unreadable pieces are parked.
        """
        return await self._intake.put(of_call(source_id, call, events, unreadable, cursor))

    async def accept_updates(self, bot: str, updates: Sequence[Mapping[str, Any]], cursor: str | None) -> int:
        """Store updates of the managers' bot with the cursor; how many are new."""
        return (await self._intake.put(of_updates(bot, updates, cursor))).fresh

    async def cursor(self, name: str) -> str:
        """A poll's cursor: `source:ID` or `desk:BOT`; empty before the first."""
        row = await do(self._db, Database.one, "SELECT value FROM poll_cursor WHERE name = $1", name)
        return str(row["value"]) if row else ""

    # Claims

    async def claim_events(self, owner: str, limit: int) -> list[Arrived]:
        return await insist(self._db, arrivals.claim_events, owner, limit)

    async def claim_updates(self, owner: str, limit: int) -> list[DeskUpdate]:
        return await insist(self._db, arrivals.claim_updates, owner, limit)

    async def claim_outbox(
        self,
        queue: Literal["customers", "managers"],
        owner: str,
        limit: int,
        *,
        only: Collection[int] = (),
        without: Collection[int] = (),
    ) -> list[Outbound]:
        """Rows to send: of customers `only` these sources or `without` them, of managers these chats."""
        return await insist(self._db, outbox.claim, queue, owner, limit, only=only, without=without)

    async def renew(self, table: claims.Table, ids: Sequence[int], owner: str) -> set[int]:
        """Prolong leases by another ten seconds; the ids that are still ours."""
        return await insist(self._db, claims.renew, table, ids, owner)

    async def reap(self) -> int:
        """Make rows with an expired lease ready again; how many."""
        return await insist(self._db, claims.reap)

    async def release_all(self) -> int:
        """At the start of the only process: nobody can hold a lease any more."""
        return await insist(self._db, claims.reap, everything=True)

    # The domain

    async def commit(self, changes: Changes) -> dict[int, int]:
        return await self._changes.put(changes)

    async def commit_many(self, batch: Sequence[Changes]) -> list[dict[int, int] | Exception]:
        """Several decisions at once, each all or nothing: its ids, or why it alone was not written.

        Raise `StoreUnavailable`.
        """
        return await do(self._db, commit.commit_many, batch)

    # Sources

    async def add_source(self, channel: str, key: str, settings: Mapping[str, Any]) -> SourceRow:
        """Open a door; raise `KeyTaken`. A removed one of the same channel opens again with its history."""
        return await do(self._db, sources.add, self._box, channel, key, settings)

    async def rotate(self, key: str, settings: Mapping[str, Any], until: datetime) -> SourceRow:
        """Give new settings, the former ones counting until the date; raise `UnknownSource`."""
        return await do(self._db, sources.rotate, self._box, key, settings, until)

    async def remove_source(self, key: str) -> SourceRow:
        """Close a door and keep its history; raise `UnknownSource`."""
        return await do(self._db, sources.remove, self._box, key)

    async def sources(self, *, removed: bool = False) -> tuple[SourceRow, ...]:
        """The open ones, by id; with `removed` the closed ones too."""
        return await do(self._db, sources.sources, self._box, removed=removed)

    async def source(self, key: str) -> SourceRow | None:
        """An open one."""
        return await do(self._db, sources.source, self._box, key)

    # Snapshots and lists, as leads.ports describes them

    async def intake_snapshot(
        self, arrived: Arrived, phones: Sequence[str], emails: Sequence[str]
    ) -> IntakeSnapshot:
        return await do(self._db, snapshots.intake, arrived, phones, emails)

    async def intake_snapshots(self, asked: Sequence[Asked]) -> list[IntakeSnapshot]:
        return await do(self._db, snapshots.intake_many, asked)

    async def lead_snapshot(self, lead_id: int) -> LeadSnapshot | None:
        return await self._leads.put(lead_id)

    async def lead_at(self, chat_id: int, topic_id: int | None, reply_to: int | None) -> int | None:
        return await do(self._db, reads.lead_at, chat_id, topic_id, reply_to)

    async def desk_message(self, chat_id: int, desk_id: int) -> DeskMessage | None:
        return await do(self._db, reads.desk_message, chat_id, desk_id)

    async def desk_messages_of(self, message_id: int) -> tuple[DeskMessage, ...]:
        return await do(self._db, reads.desk_messages_of, message_id)

    async def message(self, message_id: int) -> Message | None:
        return await do(self._db, reads.message, message_id)

    async def messages(self, lead_id: int, limit: int = 50) -> tuple[Message, ...]:
        return await do(self._db, reads.messages, lead_id, limit)

    async def conversation(self, conversation_id: int) -> Conversation | None:
        return await do(self._db, reads.conversation, conversation_id)

    async def manager_by_telegram(self, telegram_id: int) -> Manager | None:
        return await do(self._db, reads.manager_by_telegram, telegram_id)

    async def managers(self, *, removed: bool = False) -> tuple[Manager, ...]:
        return await do(self._db, reads.managers, removed=removed)

    async def invite(self, token_hash: str) -> Invite | None:
        return await do(self._db, reads.invite, token_hash)

    async def reminder(self, reminder_id: int) -> Reminder | None:
        return await do(self._db, reads.reminder, reminder_id)

    async def due_reminders(self, now: datetime, limit: int) -> tuple[Reminder, ...]:
        return await do(self._db, reads.due_reminders, now, limit)

    async def waiting_leads(self, limit: int) -> tuple[Lead, ...]:
        return await do(self._db, reads.waiting_leads, limit)

    async def open_leads(self, manager_id: int | None, limit: int, offset: int = 0) -> tuple[LeadLine, ...]:
        return await do(self._db, lists.open_leads, manager_id, limit, offset)

    async def find_leads(self, words: str, limit: int) -> tuple[LeadLine, ...]:
        return await do(self._db, lists.find_leads, words, limit)

    async def journal(self, lead_id: int) -> tuple[Entry, ...]:
        return await do(self._db, reads.journal, lead_id)

    # Managers

    async def add_manager(
        self,
        telegram_id: int,
        name: str,
        role: Role = Role.MANAGER,
        team: str = "",
        *,
        on_shift: bool = True,
    ) -> Manager:
        """Add a person, or change one who is known; `on_shift` counts for who is new or back."""
        return await insist(self._db, people.add_manager, telegram_id, name, role, team, on_shift=on_shift)

    async def remove_manager(self, telegram_id: int) -> Manager | None:
        """Take a person off the desk; None when nobody active has this id."""
        return await insist(self._db, people.remove_manager, telegram_id)

    # Keeping house

    @property
    def sole(self) -> bool:
        """Whether no other service can work on this database."""
        return self._db.sqlite

    async def lease(self, names: Collection[str], owner: str, seconds: float) -> set[str]:
        """Take or prolong what only one may do; without those that somebody else holds."""
        return await insist(self._db, leases.take, names, owner, seconds)

    async def release_leases(self, owner: str) -> None:
        await insist(self._db, leases.leave, owner)

    async def purge(self, now: datetime, keep: timedelta, limit: int = 1000) -> int:
        """Forget what is finished for longer than `keep`, in steps of `limit` rows; how many."""
        return await insist(self._db, retention.purge, now, keep, limit)

    async def give_words(self, limit: int = 200) -> bool:
        """Make `limit` leads findable that were stored before search was; False when all are."""
        return await insist(self._db, indexing.give, limit)

    # Operators

    async def parked(self, limit: int = 100) -> tuple[Parked, ...]:
        """What could not be handled, newest first."""
        return await do(self._db, upkeep.parked, limit)

    async def parked_one(self, inbox_id: int) -> Parked | None:
        return await do(self._db, upkeep.parked_one, inbox_id)

    async def replay(self, inbox_id: int) -> bool:
        """Handle it again; False when it is not parked, or unreadable: then see `raw_of`."""
        return await insist(self._db, upkeep.revive, "inbox", inbox_id)

    async def replay_all(self) -> int:
        """Handle all again but the unreadable ones; how many."""
        return await insist(self._db, upkeep.revive_all, "inbox")

    async def raw_of(self, inbox_id: int) -> RawPiece | None:
        """An unreadable piece and its call, to be parsed anew."""
        return await do(self._db, upkeep.raw_of, inbox_id)

    async def replace_parked(self, inbox_id: int, events: Sequence[Inbound]) -> Receipt | None:
        """Store what could now be read instead of it; None when it is parked no more."""
        return await insist(self._db, upkeep.replace_parked, inbox_id, events)

    async def outbox_dead(self, limit: int = 100) -> tuple[Unsent, ...]:
        """What could not be sent, newest first."""
        return await do(self._db, upkeep.unsent, limit)

    async def retry(self, outbox_id: int) -> bool:
        """Send it again; False when it is not dead, or a newer row says the same."""
        return await insist(self._db, upkeep.revive, "outbox", outbox_id)

    async def retry_all(self) -> int:
        return await insist(self._db, upkeep.revive_all, "outbox")

    async def counts(self) -> dict[str, Depth]:
        """By queue: customers_in, desk_in, customers_out, managers_out."""
        return await do(self._db, upkeep.counts)

    async def ping(self) -> None:
        """Raise `StoreUnavailable` unless the database can be written to."""
        await do(self._db, upkeep.ping)


if TYPE_CHECKING:
    _implements: type[ports.Store] = Store
