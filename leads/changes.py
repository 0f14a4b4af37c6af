"""The one way to write: rows for managers and customers, how a claimed row ends, and `Changes`.

An id below zero stands for a row of the same `Changes` that is not stored yet: the store numbers the rows in
their order and puts the true ids wherever a negative one is named, in the fields that end in `_id` or are
called `via`, and in the integers of `ToManager.args`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from leads.events import Capabilities, Inbound, Outgoing
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    Data,
    DeskMessage,
    DeskThread,
    Entry,
    Identity,
    Invite,
    Lead,
    Link,
    Manager,
    Message,
    Reminder,
)


class View(StrEnum):
    """What a row to a manager shows when it is rendered; `args` in brackets."""

    CARD = "card"  # announces the lead: topic, card, the customer's first text
    CARD_EDIT = "card_edit"  # refreshes the card and the topic's name; coalesced
    CUSTOMER = "customer"  # a customer's message {message}
    CUSTOMER_EDIT = "customer_edit"  # a customer's edit, beside the text before it {message}
    CUSTOMER_EVENT = "customer_event"  # {event: blocked|unblocked|deleted|reaction, message?, text?}
    STATE = "state"  # the state of a manager's reply, on that very message {message, queued?}; coalesced
    REMINDER = "reminder"  # {reminder}
    MOVED = "moved"  # the lead went to somebody else {to: manager id, by: manager id}
    UNROUTED = "unrouted"  # to the head: a lead waits, nobody is on shift
    SAY = "say"  # one sentence {key, …values}
    HELP = "help"
    LEADS = "leads"  # the manager's open leads and the waiting ones {page}
    LEAD = "lead"  # one lead as a fresh card {face?: with the picture of whose lead it is}
    FOUND = "found"  # {words}
    INVITE = "invite"  # {link, role}
    TEMPLATE = "template"  # asks for a template's parameters, or shows it filled in {via, template}


@dataclass(frozen=True, slots=True)
class ToManager:
    """A row of the outbox for the desk: ids only, rendered when sent."""

    view: View
    chat_id: int
    lead_id: int | None = None
    topic_id: int | None = None  # answer where it was asked; None: the lead's own place, else the chat
    reply_to: int | None = None  # the desk id answered
    args: Data = field(default_factory=dict)
    coalesce: str = ""  # only one ready row may have it; a newer one replaces it


@dataclass(frozen=True, slots=True)
class ToCustomer:
    """A row of the outbox for a customer: one split part with its text frozen."""

    message_id: int
    source_id: int
    conv: str
    outgoing: Outgoing
    part: int = 0
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Outbound:
    """A claimed row of the outbox."""

    id: int
    attempt: int  # fences: it must still be this when the row is settled
    tries: int  # the failures that counted
    created_at: datetime
    body: ToManager | ToCustomer
    priority: int = 0  # lower goes first where there is not room for all
    begun: int = 1  # claims since it was last settled, this one included


@dataclass(frozen=True, slots=True)
class Arrived:
    """A claimed row of the inbox, lane customers."""

    inbox_id: int
    attempt: int
    tries: int
    source_id: int
    channel: str
    source_key: str
    event: Inbound
    stored_at: datetime
    begun: int = 1  # claims since it was last settled, this one included


@dataclass(frozen=True, slots=True)
class DeskUpdate:
    """A claimed row of the inbox, lane desk: one raw update of the managers' bot."""

    inbox_id: int
    attempt: int
    tries: int
    update: Mapping[str, Any]
    stored_at: datetime
    begun: int = 1  # claims since it was last settled, this one included


class End(StrEnum):
    """How a claimed row leaves the worker."""

    DONE = "done"
    PARKED = "parked"
    AGAIN = "again"  # ready once more, `after` a while


@dataclass(frozen=True, slots=True)
class Settle:
    """How a claimed row ends; refused when the lease went to somebody else (`attempt` differs)."""

    table: Literal["inbox", "outbox"]
    id: int
    attempt: int
    end: End = End.DONE
    reason: str = ""
    after: timedelta = timedelta()  # by the clock of the leases: retries know no other time
    counts: bool = True  # whether this failure is one of the tries


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """It was this manager's turn: sets `Manager.last_lead_at` and nothing else of that row.

    A row of its own, because replacing the whole manager would undo an /off said meanwhile.
    """

    manager_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a source stands still until somebody mends its access; empty once it works again."""

    source_id: int
    why: str = ""


Row = (
    Manager
    | TurnTaken
    | Trouble
    | Invite
    | Contact
    | ContactPoint
    | Identity
    | Link
    | Lead
    | Conversation
    | Message
    | DeskThread
    | DeskMessage
    | Reminder
    | Entry
    | ToManager
    | ToCustomer
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What one decision writes, all or nothing.

    `put` inserts rows with an id below zero and replaces rows with an id above it, in their order; a replaced
    `Lead`, `Contact` or `Message` must still have the version that was read, and gets the next one. A
    `Reminder` may become fired only while it is stored as waiting, an `Invite` used only while it is unused:
    anything else is a `Conflict`, for neither has a version. `ToManager` and `ToCustomer` are appended to the
    outbox with `settle`'s row as their cause. `cancel` ends waiting reminders. `revive` makes parked rows to
    these chats ready again. `knew` are the contacts that the decision saw under its phones and e-mails: one
    to be added that is somebody else's by now is a `Conflict`.
    """

    put: tuple[Row, ...] = ()
    settle: Settle | None = None
    cancel: tuple[int, ...] = ()
    revive: tuple[int, ...] = ()
    knew: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The company's settings that decisions need."""

    zone: str = "UTC"
    language: str = "en"
    country: str = ""
    can: Mapping[str, Capabilities] = field(default_factory=dict)  # by channel
    first_answer: timedelta = timedelta(minutes=15)
    first_answer_head: timedelta = timedelta(minutes=30)
    reopen_within: timedelta = timedelta(hours=24)
    keep_deleted: bool = True  # what a customer deletes, at the desk and in the store


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something at the desk, when, and for which update.

    `also` are rows to managers that the act brings along (the answer to a command), in the same transaction.
    """

    by: Manager
    now: datetime
    rules: Rules
    settle: Settle | None = None
    also: tuple[ToManager, ...] = ()
