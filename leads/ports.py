"""What the use-cases ask of the store. `storage/store.py` implements all of it in one class.

Snapshots are read without locks; `commit` finds out whether they still hold (`Conflict`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from leads.changes import Arrived, Changes
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    DeskMessage,
    DeskThread,
    Entry,
    Identity,
    Invite,
    Lead,
    LinkBy,
    Manager,
    Message,
    Reminder,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact that may be the sender, and what speaks for it."""

    contact: Contact
    identities: tuple[Identity, ...]
    points: tuple[ContactPoint, ...]
    by: LinkBy  # IDENTITY, EMAIL or PHONE: the strongest that matched
    value: str = ""  # the e-mail or phone that matched
    open_lead: Lead | None = None
    last_lead: Lead | None = None  # the newest closed one


@dataclass(frozen=True, slots=True)
class Asked:
    """An event, and the normal phones and e-mails by which its sender may be known."""

    arrived: Arrived
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class IntakeSnapshot:
    """All that intake decides upon for one event."""

    candidates: tuple[Candidate, ...] = ()
    conversation: Conversation | None = None  # of (source, conv)
    target: Message | None = None  # the message that an edit, delete, reaction or status means
    target_part: int = 0  # which part of it, where a reply went in several
    replied: Message | None = None  # the message that the customer answers
    target_lead: Lead | None = None
    threads: tuple[DeskThread, ...] = ()  # active ones of the candidates' open leads and of `target_lead`
    reminders: tuple[Reminder, ...] = ()  # waiting ones of the candidates' open leads
    managers: tuple[Manager, ...] = ()  # active ones, by id


@dataclass(frozen=True, slots=True)
class LeadSnapshot:
    """One lead with all that a desk act decides upon and a view shows."""

    lead: Lead
    contact: Contact
    points: tuple[ContactPoint, ...]
    identities: tuple[Identity, ...]
    conversations: tuple[Conversation, ...]  # newest inbound first
    threads: tuple[DeskThread, ...]  # all, active or not
    reminders: tuple[Reminder, ...]  # waiting and fired ones, by due time
    managers: tuple[Manager, ...]  # active ones, by id
    first_message: Message | None
    last_message: Message | None  # the newest from the customer
    others: tuple[int, ...] = ()  # contacts that matched as well (evidence)
    sources: Mapping[int, str] | None = None  # source id → key, of the conversations

    @property
    def manager(self) -> Manager | None:
        return next((m for m in self.managers if m.id == self.lead.manager_id), None)


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A lead in a list."""

    lead: Lead
    name: str
    preview: str  # of the customer's newest message, at most 200 characters
    manager_name: str


class Store(Protocol):
    """The store as the use-cases and the desk see it."""

    async def commit(self, changes: Changes) -> Mapping[int, int]:
        """Write all or nothing; return the true id of each negative one.

        Raise `Conflict` (a version or a unique key was taken meanwhile), `LostLease` (the settled row is no
        longer ours) or `StoreUnavailable`.
        """

    async def commit_many(self, batch: Sequence[Changes]) -> Sequence[Mapping[int, int] | Exception]:
        """Write several decisions, each all or nothing: its ids, or why it alone was not written.

        Raise `StoreUnavailable`.
        """

    async def intake_snapshot(
        self, arrived: Arrived, phones: Sequence[str], emails: Sequence[str]
    ) -> IntakeSnapshot:
        """Candidates come strongest evidence first, then newest activity."""

    async def intake_snapshots(self, asked: Sequence[Asked]) -> Sequence[IntakeSnapshot]:
        """The same for several events."""

    async def lead_snapshot(self, lead_id: int) -> LeadSnapshot | None: ...

    async def lead_at(self, chat_id: int, topic_id: int | None, reply_to: int | None) -> int | None:
        """The lead worked at this place: by topic first, by the replied-to message second."""

    async def desk_message(self, chat_id: int, desk_id: int) -> DeskMessage | None: ...

    async def desk_messages_of(self, message_id: int) -> tuple[DeskMessage, ...]: ...

    async def message(self, message_id: int) -> Message | None: ...

    async def messages(self, lead_id: int, limit: int = 50) -> tuple[Message, ...]:
        """Newest last."""

    async def conversation(self, conversation_id: int) -> Conversation | None: ...

    async def manager_by_telegram(self, telegram_id: int) -> Manager | None:
        """An active one."""

    async def managers(self) -> tuple[Manager, ...]:
        """The active ones, by id."""

    async def invite(self, token_hash: str) -> Invite | None: ...

    async def reminder(self, reminder_id: int) -> Reminder | None: ...

    async def due_reminders(self, now: datetime, limit: int) -> tuple[Reminder, ...]:
        """Waiting ones, due longest ago first."""

    async def waiting_leads(self, limit: int) -> tuple[Lead, ...]:
        """Oldest first."""

    async def open_leads(self, manager_id: int | None, limit: int, offset: int = 0) -> tuple[LeadLine, ...]:
        """A manager's open leads, longest unanswered first; None: everybody's."""

    async def find_leads(self, words: str, limit: int) -> tuple[LeadLine, ...]:
        """By number, name, phone, e-mail or text, newest first; any case, any script."""

    async def journal(self, lead_id: int) -> tuple[Entry, ...]: ...
