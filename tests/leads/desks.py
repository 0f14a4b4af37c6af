"""A desk to try the rules on: people, customers' events, and what a notifier would remember."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from memory import Memory

from leads import intake
from leads.changes import Act, Arrived, Outbound, Rules, Settle, ToCustomer
from leads.events import Capabilities, Inbound, Kind, MediaKind, Sender
from leads.model import DeskMessage, DeskThread, DeskUse, Lead, Manager, Role
from leads.reply import Draft

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHAT = Capabilities(
    text_limit=4096,
    caption_limit=1024,
    media=frozenset({MediaKind.PHOTO, MediaKind.FILE, MediaKind.VOICE, MediaKind.STICKER}),
    edits=True,
)
RULES = Rules(
    country="LV",
    can={
        "chat": CHAT,
        "other": replace(CHAT, edits=False, reply_window=timedelta(hours=24)),
        "form": Capabilities(answers=False),
    },
)
SOURCES = {"chat": 1, "form": 2, "other": 3}


@dataclass
class Desk:
    store: Memory = field(default_factory=Memory)
    now: datetime = NOON
    rules: Rules = RULES
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def later(self, **how: float) -> None:
        self.now += timedelta(**how)

    def manager(self, name: str, role: Role = Role.MANAGER, **more: Any) -> Manager:
        number = len(self.store.all(Manager)) + 1
        more.setdefault("on_shift", role is Role.MANAGER)
        added: Manager = self.store.add(Manager(number, 100 + number, name, role, **more))
        return added

    async def comes(self, event: Inbound, channel: str = "chat", *, tries: int = 0, **more: Any) -> None:
        arrived = Arrived(
            next(self._ids), 1, tries, SOURCES[channel], channel, channel, event, self.now, **more
        )
        await intake.take_in(self.store, arrived, self.now, self.rules)

    async def writes(self, who: str, text: str = "hello", channel: str = "chat", **more: Any) -> None:
        """A customer writes in a chat."""
        more.setdefault("message_id", f"c{next(self._ids)}")
        await self.comes(chat_event(who, text, **more), channel)

    async def fills(self, **sender: str) -> None:
        """A customer sends a form."""
        person = Sender(**sender)
        conv = person.phone or person.email or str(next(self._ids))
        await self.comes(Inbound(Kind.FORM, person, conv, message_id="f1", text="a form"), "form")

    def lead(self) -> Lead:
        lead: Lead = self.store.only(Lead)
        return lead

    def act(self, by: Manager, *, update: int = 0) -> Act:
        by = self.store.tables[Manager][by.id]
        return Act(by, self.now, self.rules, Settle("inbox", update, 1) if update else None)

    def draft(self, by: Manager, text: str, quoted: int | None = None, **more: Any) -> Draft:
        return Draft(text, by.telegram_id, 5000 + next(self._ids), quoted=quoted, **more)

    def remember(self, manager: Manager, lead: Lead, topic: int | None = None) -> DeskThread:
        """What the notifier keeps once a card was shown."""
        thread: DeskThread = self.store.add(DeskThread(0, lead.id, manager.telegram_id, topic, 900))
        return thread

    def remember_message(self, manager: Manager, lead: Lead, message_id: int, desk_id: int) -> DeskMessage:
        place = DeskMessage(0, manager.telegram_id, desk_id, lead.id, DeskUse.CUSTOMER, message_id)
        kept: DeskMessage = self.store.add(place)
        return kept

    def rows(self) -> list[Outbound]:
        """The rows to customers as a sender claims them."""
        found = [row for row in self.store.sent if isinstance(row, ToCustomer)]
        return [Outbound(1000 + number, 1, 0, self.now, row) for number, row in enumerate(found)]


def chat_event(who: str, text: str = "", kind: Kind = Kind.MESSAGE, **more: Any) -> Inbound:
    return Inbound(
        kind, Sender(who, name=more.pop("name", who)), f"chat:{who}", thread=who, text=text, **more
    )
