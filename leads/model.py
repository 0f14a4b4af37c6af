"""What Frontdesk keeps: frozen rows and the states they go through.

Times are aware UTC. An id below zero stands for a row that is not stored yet (see `changes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from leads.events import Attachment, Attribution, Span

Data = Mapping[str, Any]  # plain JSON


class Role(StrEnum):
    MANAGER = "manager"
    HEAD = "head"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Manager:
    """A person who works the desk; on shift from being added until /off, whether or not /start was seen."""

    id: int
    telegram_id: int  # unique among the active ones
    name: str
    role: Role = Role.MANAGER
    team: str = ""
    language: str = ""  # empty: the company's, until Telegram tells
    zone: str = ""  # empty: the company's
    on_shift: bool = True
    active: bool = True  # False once removed; kept for the history
    last_lead_at: datetime | None = None  # for the round robin
    unreachable_since: datetime | None = None  # the bot cannot write to them


@dataclass(frozen=True, slots=True)
class Invite:
    """A one-time link. `token_hash` is the SHA-256 hex of the token in it."""

    id: int
    token_hash: str
    role: Role
    created_at: datetime
    expires_at: datetime
    created_by: int | None = None
    used_by: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    id: int
    name: str
    created_at: datetime
    active_at: datetime  # newest activity: decides between several matches
    language: str = ""
    manager_id: int | None = None  # who had this contact's newest lead
    first_touch: Attribution = Attribution()
    last_touch: Attribution = Attribution()
    version: int = 0


class PointKind(StrEnum):
    PHONE = "phone"  # value in E.164
    EMAIL = "email"  # value in lower case


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A phone or e-mail of a contact; unique by (contact, kind, value)."""

    id: int
    contact_id: int
    kind: PointKind
    value: str
    raw: str = ""  # as the customer wrote it


@dataclass(frozen=True, slots=True)
class Identity:
    """A person on one channel; unique by (channel, source, external id)."""

    id: int
    contact_id: int
    channel: str
    source_id: int
    external_id: str
    created_at: datetime
    name: str = ""
    username: str = ""
    blocked_at: datetime | None = None
    profile_at: datetime | None = None  # when the vendor was asked who this is
    avatar: str = ""  # the content hash of the picture that it gave


class LinkBy(StrEnum):
    """Why something was counted as the same person."""

    NEW = "new"  # nobody matched
    IDENTITY = "identity"
    EMAIL = "email"
    PHONE = "phone"
    KEPT_APART = "kept_apart"  # matched, but both hold a different identity of one channel


@dataclass(frozen=True, slots=True)
class Link:
    """The evidence of one match. `others` are further contacts that matched, newest activity first."""

    id: int
    contact_id: int
    by: LinkBy
    at: datetime
    identity_id: int | None = None
    value: str = ""
    others: tuple[int, ...] = ()


class LeadState(StrEnum):
    """waiting → assigned → active → won | lost | spam; assigned ⇄ waiting; closed → active (reopened)."""

    WAITING = "waiting"  # nobody is on shift
    ASSIGNED = "assigned"  # somebody has it and has not acted yet
    ACTIVE = "active"  # taken or answered
    WON = "won"
    LOST = "lost"
    SPAM = "spam"


OPEN_STATES = frozenset({LeadState.WAITING, LeadState.ASSIGNED, LeadState.ACTIVE})


@dataclass(frozen=True, slots=True)
class Lead:
    """At most one open lead per contact. `id` is the number that people see."""

    id: int
    contact_id: int
    source_id: int
    channel: str
    state: LeadState
    opened_at: datetime
    manager_id: int | None = None
    routed: Data = field(default_factory=dict)  # {"why": …, plus what it was decided on}
    attribution: Attribution = Attribution()
    via: int | None = None  # the conversation chosen on the card for replies
    assigned_at: datetime | None = None
    answered_at: datetime | None = None  # the first answer
    unanswered_since: datetime | None = None  # the oldest customer's message without an answer
    last_in_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    version: int = 0

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a contact writes from; unique by (source, conv). No `thread`: nothing can be answered there."""

    id: int
    contact_id: int
    source_id: int
    channel: str
    conv: str
    thread: str
    created_at: datetime
    identity_id: int | None = None
    last_in_at: datetime | None = None


PRESSED = "button:data"
"""In `Message.fields` of a customer's message that is a pressed button: its data; its words are the text."""


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    NOTE = "note"  # never leaves the desk


class MessageState(StrEnum):
    """in: received; note: received; out: queued → sent → delivered → read, or queued → failed → queued."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    lead_id: int
    direction: Direction
    at: datetime
    state: MessageState = MessageState.RECEIVED
    conversation_id: int | None = None
    manager_id: int | None = None
    text: str = ""
    spans: tuple[Span, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    fields: Data = field(default_factory=dict)  # a form's further fields, in their order
    external_id: str = ""  # the vendor's id (the first part's, when split)
    reply_to_id: int | None = None
    error: str = ""  # a SendCode, when failed
    error_detail: str = ""
    former: tuple[str, ...] = ()  # the texts before each edit, oldest first
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reaction: str = ""  # the customer's, on this message
    version: int = 0


@dataclass(frozen=True, slots=True)
class DeskThread:
    """Where a lead is worked: a chat and an optional topic. Several per lead; one active per chat."""

    id: int
    lead_id: int
    chat_id: int
    topic_id: int | None = None
    card_id: int | None = None  # the card's message id in that chat
    active: bool = True


class DeskUse(StrEnum):
    CARD = "card"
    CUSTOMER = "customer"  # shows a customer's message
    REPLY = "reply"  # written by a manager, goes to the customer
    NOTE = "note"  # written by a manager, stays
    REMINDER = "reminder"
    QUESTION = "question"  # asks a manager for something; the answer replies to it
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DeskMessage:
    """One Telegram message at the desk that belongs to a lead; unique by (chat, desk id)."""

    id: int
    chat_id: int
    desk_id: int
    lead_id: int
    use: DeskUse
    message_id: int | None = None
    topic_id: int | None = None


class ReminderKind(StrEnum):
    FIRST_ANSWER = "first_answer"  # to the manager
    FIRST_ANSWER_HEAD = "first_answer_head"
    WINDOW = "window"  # to nobody: cards that tell how long the reply window is open are told anew
    MANUAL = "manual"


class ReminderState(StrEnum):
    """waiting → fired → done; waiting → cancelled; fired → waiting (snoozed)."""

    WAITING = "waiting"
    FIRED = "fired"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Reminder:
    id: int
    lead_id: int
    kind: ReminderKind
    due_at: datetime
    state: ReminderState = ReminderState.WAITING
    manager_id: int | None = None  # for whom; None: the lead's manager when it fires
    text: str = ""
    created_at: datetime | None = None
    fired_at: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the append-only journal."""

    id: int
    at: datetime
    kind: str  # received, linked, routed, announced, shown, replied, sent, failed, noted, reminded, closed …
    lead_id: int | None = None
    manager_id: int | None = None
    inbox_id: int | None = None
    data: Data = field(default_factory=dict)
