"""What showing needs, and the few calls to Telegram that all of it is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.methods import DeleteMessage, EditMessageText, SendMessage, TelegramMethod
from aiogram.types import ForceReply, InputFile, LinkPreviewOptions, Message, ReplyParameters

from bot.errors import EntitiesRefused, TopicGone, Unchanged, send_error
from bot.kept import Kept
from bot.rates import Rates
from bot.views.paper import Reader, Rendered
from bot.watching import Watch, unwatched
from leads.changes import Outbound, Rules, ToManager
from leads.events import Attachment, SendCode, SendError
from leads.model import DeskThread, Manager
from leads.ports import LeadSnapshot, Store

T = TypeVar("T")
Fetch = Callable[[Attachment, int], Awaitable[bytes | Path]]
"""the bytes of an attachment that came to that source"""

TEXT_SECONDS = 15
FILE_SECONDS = 120
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Notifier:
    """The collaborators. `topics` tells whether the bot's private chats have topics now (getMe)."""

    bot: Bot
    store: Store
    rules: Rules
    rates: Rates
    fetch: Fetch
    topics: Callable[[], bool]
    clock: Callable[[], datetime]
    names: dict[tuple[int, int], str] = field(default_factory=dict)
    """(chat, topic) → its name as far as this process knows, to save calls"""
    watch: Watch = unwatched
    urgency: int = 0
    """of the row that is being shown: the lower, the sooner it gets a share of the budgets"""
    kept: Kept = field(default_factory=Kept)
    """of that row, too"""


@dataclass(frozen=True, slots=True)
class Order:
    """A row with everything read that its view needs."""

    row: Outbound
    body: ToManager
    reader: Reader
    manager: Manager | None = None
    snapshot: LeadSnapshot | None = None

    @property
    def lead(self) -> LeadSnapshot:
        if self.snapshot is None:
            raise SendError(SendCode.PERMANENT, f"there is no lead {self.body.lead_id}")
        return self.snapshot

    @property
    def thread(self) -> DeskThread | None:
        """Where the lead is worked in this chat."""
        return next((each for each in self.threads if each.active), None)

    @property
    def threads(self) -> tuple[DeskThread, ...]:
        """All of the lead's in this chat, the newest first; a lead that left has none that is active."""
        every = self.snapshot.threads if self.snapshot else ()
        here = [each for each in every if each.chat_id == self.body.chat_id]
        return tuple(sorted(here, key=lambda each: each.id, reverse=True))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes."""

    chat_id: int
    topic_id: int | None = None
    reply_to: int | None = None


def place_in(thread: DeskThread, reply_to: int | None = None) -> Place:
    """Without topics the card holds a lead's messages together: they answer it."""
    if thread.topic_id is None:
        return Place(thread.chat_id, None, reply_to or thread.card_id)
    return Place(thread.chat_id, thread.topic_id, reply_to)


async def ask(out: Notifier, chat_id: int, method: TelegramMethod[T]) -> T:
    """One call within the budgets; raises SendError."""
    await out.kept.store(out.store)
    await out.rates.spend(chat_id, out.urgency)
    seconds = FILE_SECONDS if any(isinstance(value, InputFile) for _, value in method) else TEXT_SECONDS
    try:
        return await out.watch(lambda: out.bot(method, request_timeout=seconds))
    except AiogramError as error:
        refusal = send_error(error)
        if refusal.code is SendCode.RETRY:
            out.rates.refused(chat_id, refusal.retry_after or 1.0)
        raise refusal from error


async def post(out: Notifier, place: Place, rendered: Rendered, *, quiet: bool = False) -> int:
    """Send one message without what follows it; return its id."""
    try:
        return await send(out, place, _message(place, rendered, quiet=quiet))
    except EntitiesRefused:
        return await send(out, place, _message(place, _bare(rendered), quiet=quiet))


async def send(out: Notifier, place: Place, method: TelegramMethod[Message]) -> int:
    """Send, and prove that it came where it should.

    A message for a deleted private topic once came out in the main chat (tdlib/telegram-bot-api#854).
    """
    message = await ask(out, place.chat_id, method)
    if place.topic_id is not None and message.message_thread_id != place.topic_id:
        await forget(out, place.chat_id, message.message_id)
        raise TopicGone(SendCode.PERMANENT, f"topic {place.topic_id} took nothing")
    return message.message_id


async def edit(out: Notifier, chat_id: int, message_id: int, rendered: Rendered) -> None:
    """Make a message look like that; raises MessageGone."""
    with suppress(Unchanged):
        try:
            await ask(out, chat_id, _change(chat_id, message_id, rendered))
        except EntitiesRefused:
            await ask(out, chat_id, _change(chat_id, message_id, _bare(rendered)))


async def forget(out: Notifier, chat_id: int, message_id: int) -> None:
    """Take a message of ours back, if Telegram lets us."""
    try:
        await ask(out, chat_id, DeleteMessage(chat_id=chat_id, message_id=message_id))
    except SendError as error:
        if error.code is not SendCode.PERMANENT:
            raise


def reply(place: Place) -> ReplyParameters | None:
    if place.reply_to is None:
        return None
    return ReplyParameters(message_id=place.reply_to, allow_sending_without_reply=True)


def _bare(rendered: Rendered) -> Rendered:
    return replace(rendered, entities=(), more=())


def _change(chat_id: int, message_id: int, rendered: Rendered) -> EditMessageText:
    return EditMessageText(
        chat_id=chat_id,
        message_id=message_id,
        text=rendered.text,
        entities=list(rendered.entities),
        reply_markup=rendered.keyboard,
        link_preview_options=NO_PREVIEW,
    )


def _message(place: Place, rendered: Rendered, *, quiet: bool) -> SendMessage:
    return SendMessage(
        chat_id=place.chat_id,
        message_thread_id=place.topic_id,
        text=rendered.text,
        entities=list(rendered.entities),
        reply_markup=ForceReply(force_reply=True) if rendered.asks else rendered.keyboard,
        reply_parameters=reply(place),
        disable_notification=quiet or None,
        link_preview_options=NO_PREVIEW,
    )
