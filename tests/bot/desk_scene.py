"""A desk with two managers and one lead: the stand-in for Telegram, a real store, and the worker between."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from aiogram import Bot
from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.setup import Desk
from bot.worker import handle
from leads.changes import Changes, Rules, Settle, ToCustomer, ToManager, View
from leads.events import Capabilities, MediaKind, Sender
from leads.model import (
    Contact,
    Conversation,
    DeskMessage,
    DeskThread,
    DeskUse,
    Direction,
    Lead,
    LeadState,
    Manager,
    Message,
    Role,
)
from sandbox import model as sandboxed
from sandbox.world import World
from storage.store import Store
from texts import catalogue

TOKEN = "100:desk-token"
ANN, BOB, EVE = 501, 502, 666
CAN = Capabilities(
    text_limit=4096, media=frozenset({MediaKind.PHOTO, MediaKind.FILE, MediaKind.VOICE}), edits=True
)
RULES = Rules(zone="Europe/Riga", can={"telegram": CAN})
T = TypeVar("T")


@dataclass(slots=True)
class Scene:
    """`said`, `shown` and the like are the outbox rows that the last act wrote."""

    world: World
    telegram: sandboxed.Bot
    store: Store
    desk: Desk
    ann: Manager
    bob: Manager
    lead: int = 0
    question: int = 0  # the customer's message
    card: int = 0  # its desk id in Ann's chat
    topic: int | None = None
    source: int = 0
    outbox: list[ToManager | ToCustomer] = field(default_factory=list)
    toast: dict[str, Any] | None = None

    @property
    def bot(self) -> Bot:
        return self.desk.bot

    async def now_handled(self) -> None:
        """Take what Telegram holds, handle it, and keep the rows that it caused."""
        updates = list(self.telegram.updates.pending.values())
        self.telegram.updates.drop()
        await self.handled(*updates)

    async def handled(self, *updates: dict[str, Any]) -> None:
        await self.store.accept_updates("100", updates, None)
        while claimed := await self.store.claim_updates("test", 10):
            for update in claimed:
                await handle(update, self.desk)
        self.outbox = []
        while rows := [*await self._claimed("managers"), *await self._claimed("customers")]:
            self.outbox += rows

    async def _claimed(self, queue: Any) -> list[ToManager | ToCustomer]:
        rows = await self.store.claim_outbox(queue, "test", 50)
        for row in rows:
            await self.store.commit(Changes(settle=Settle("outbox", row.id, row.attempt)))
        return [row.body for row in rows]

    async def says(self, user: int, text: str | None = None, **more: Any) -> dict[str, Any]:
        if self.topic and "thread_id" not in more and user == ANN:
            more["thread_id"] = self.topic
        message = self.world.user_sends(self.telegram, user, text=text, **more)
        await self.now_handled()
        return message

    async def answers_card(self, text: str | None = None, **more: Any) -> dict[str, Any]:
        return await self.says(ANN, text, reply_to=self.card, **more)

    async def presses(self, user: int, button: CallbackData, under: int | None = None) -> None:
        """Press a button under the card, or under another message; `toast` is the answer."""
        data = button.pack()
        place = under or self.card
        shown = self.world.chat(self.telegram, user).messages.get(place, {})
        rows = shown.get("reply_markup", {}).get("inline_keyboard", [])
        if not any(one.get("callback_data") == data for row in rows for one in row):
            place = await self.shows(user, button)
        press = self.world.user_presses(self.telegram, user, place, data)
        await self.now_handled()
        self.toast = self.world.callbacks[press].answer

    async def shows(self, user: int, *buttons: CallbackData) -> int:
        """A message of the bot's with these buttons; its desk id."""
        row = [InlineKeyboardButton(text="press", callback_data=one.pack()) for one in buttons]
        markup = InlineKeyboardMarkup(inline_keyboard=[row]) if buttons else None
        sent = await self.bot.send_message(user, "card", message_thread_id=self.topic, reply_markup=markup)
        return sent.message_id

    def buttons(self, user: int, message: int) -> list[str]:
        """The data of the buttons under a message."""
        shown = self.world.chat(self.telegram, user).messages[message]
        rows = shown.get("reply_markup", {}).get("inline_keyboard", [])
        return [one["callback_data"] for row in rows for one in row]

    def to_managers(self, view: View) -> list[ToManager]:
        return [row for row in self.outbox if isinstance(row, ToManager) and row.view is view]

    @property
    def said(self) -> list[str]:
        """The keys of the sentences said, all of which there must be."""
        keys = [row.args["key"] for row in self.to_managers(View.SAY)]
        assert [key for key in keys if not catalogue("en").has(key)] == []
        return keys

    @property
    def to_customers(self) -> list[ToCustomer]:
        return [row for row in self.outbox if isinstance(row, ToCustomer)]

    async def lead_now(self) -> Lead:
        snapshot = await self.store.lead_snapshot(self.lead)
        assert snapshot
        return snapshot.lead

    async def change_lead(self, **changes: Any) -> None:
        await self.store.commit(Changes(put=(replace(await self.lead_now(), **changes),)))


async def add_manager(store: Store, telegram_id: int, name: str, role: Role, language: str) -> Manager:
    await store.commit(Changes(put=(Manager(-1, telegram_id, name, role, language=language),)))
    found = await store.manager_by_telegram(telegram_id)
    assert found
    return found


async def add_lead(scene: Scene, manager: Manager | None, name: str = "Clara") -> int:
    """A lead who wrote "Hello?" in Telegram five minutes ago, shown to Ann."""
    now: datetime = scene.desk.now() - timedelta(minutes=5)
    scene.card = await scene.shows(ANN)
    sender = Sender(name)
    state = LeadState.ASSIGNED if manager else LeadState.WAITING
    ids = await scene.store.commit(
        Changes(
            put=(
                Contact(-1, name, now, now),
                Conversation(-2, -1, scene.source, "telegram", sender.external_id, name, now, None, now),
                Lead(
                    -3,
                    -1,
                    scene.source,
                    "telegram",
                    state,
                    now,
                    manager.id if manager else None,
                    unanswered_since=now,
                    last_in_at=now,
                ),
                Message(-4, -3, Direction.IN, now, conversation_id=-2, text="Hello?", external_id="77"),
                DeskThread(-5, -3, ANN, scene.topic, scene.card),
                DeskMessage(-6, ANN, scene.card, -3, DeskUse.CARD, -4, scene.topic),
            )
        )
    )
    scene.lead, scene.question = ids[-3], ids[-4]
    return ids[-3]
