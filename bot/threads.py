"""A lead's thread in a manager's chat: its topic, its card, and what to do when either was deleted."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from aiogram.methods import CreateForumTopic, EditForumTopic

from bot.calls import Notifier, Order, ask, edit, place_in, post
from bot.errors import MessageGone, TopicGone, Unchanged
from bot.parts import card_parts, show_parts
from bot.views.card import card, topic_name
from leads.changes import Changes, Row
from leads.events import SendCode, SendError
from leads.journal import Word
from leads.model import DeskMessage, DeskThread, DeskUse, Entry, Message

T = TypeVar("T")

# Failures that a chat without a topic would meet as well.
_NOT_THE_TOPIC = frozenset({SendCode.RETRY, SendCode.UNAVAILABLE, SendCode.BLOCKED, SendCode.MISCONFIGURED})

log = logging.getLogger(__name__)


async def in_thread(
    out: Notifier, order: Order, show: Callable[[DeskThread], Awaitable[T]], *, before: Message | None = None
) -> T:
    """Show something in the lead's thread, which is opened, with its card, where there is none.

    A deleted topic is made again; if topics do not work at all, the chat itself is the place. `before` is the
    message about to be shown, which a new thread's history leaves out.
    """
    thread = order.thread
    for topics in (out.topics(), out.topics(), False):
        if thread is None:
            thread = await _open(out, order, topics=topics)
        try:
            if thread.card_id is None:
                thread = await put_card(out, order, thread)
                await show_rest(out, order, thread, before=before)
            return await show(thread)
        except TopicGone:
            log.info("topic %s of lead %s is gone", thread.topic_id, thread.lead_id)
            await retire(out, thread)
            thread = None
    raise SendError(SendCode.UNAVAILABLE, "messages do not arrive in this chat")


async def put_card(out: Notifier, order: Order, thread: DeskThread) -> DeskThread:
    """Send the card and remember it at once, so that nothing after it can repeat it."""
    snapshot = order.lead
    rendered = card(snapshot, order.reader)
    desk_id = await post(out, place_in(replace(thread, card_id=None)), rendered)
    first = snapshot.first_message.id if snapshot.first_message else None
    carded = replace(thread, card_id=desk_id)
    shown = {"chat": thread.chat_id, "topic": thread.topic_id, "desk_id": desk_id, "message": first}
    manager = order.manager.id if order.manager else None
    entry = Entry(-2, out.clock(), Word.SHOWN, snapshot.lead.id, manager, data=shown)
    place = DeskMessage(
        -1, thread.chat_id, desk_id, snapshot.lead.id, DeskUse.CARD, first, topic_id=thread.topic_id
    )
    await out.store.commit(Changes(put=(carded, place, entry)))
    return carded


async def show_rest(
    out: Notifier, order: Order, thread: DeskThread, *, before: Message | None = None
) -> None:
    """What belongs to the card and does not stand on it."""
    first = order.lead.first_message
    if first:
        parts = await card_parts(out, order, thread, first, before)
        if rows := await show_parts(out, order, thread, first, parts, quiet=True):
            await out.store.commit(Changes(put=rows))


async def refresh(out: Notifier, order: Order) -> tuple[Row, ...]:
    """Bring the card and the topic's name up to date, also where the lead has left.

    What was deleted comes back while the lead is open and worked here.
    """
    thread = order.thread or next((each for each in order.threads if each.card_id), None)
    if thread is None or thread.card_id is None:
        return ()
    try:
        await edit(out, thread.chat_id, thread.card_id, card(order.lead, order.reader))
        await rename(out, order, thread)
    except (MessageGone, TopicGone):
        if order.lead.lead.open and thread.active:
            await in_thread(out, order, _replace_card(out, order))
        elif thread.active:
            await retire(out, thread)
    return ()


async def rename(out: Notifier, order: Order, thread: DeskThread) -> None:
    """Each change of a name leaves a line in the topic, so only a new name is told."""
    if thread.topic_id is None:
        return
    key, name = (thread.chat_id, thread.topic_id), topic_name(order.lead, order.reader)
    if out.names.get(key) == name:
        return
    method = EditForumTopic(chat_id=thread.chat_id, message_thread_id=thread.topic_id, name=name)
    with suppress(Unchanged):
        await ask(out, thread.chat_id, method)
    out.names[key] = name


async def retire(out: Notifier, thread: DeskThread) -> None:
    out.names.pop((thread.chat_id, thread.topic_id or 0), None)
    await out.store.commit(Changes(put=(replace(thread, active=False),)))


def _replace_card(out: Notifier, order: Order) -> Callable[[DeskThread], Awaitable[None]]:
    old = order.thread.card_id if order.thread else None

    async def put(thread: DeskThread) -> None:
        if thread.card_id == old:
            await put_card(out, order, thread)

    return put


async def _open(out: Notifier, order: Order, *, topics: bool) -> DeskThread:
    """Stored before the card is sent: a crash in between must not make a second topic."""
    topic_id = await _make_topic(out, order) if topics else None
    thread = DeskThread(-1, order.lead.lead.id, order.body.chat_id, topic_id)
    ids = await out.store.commit(Changes(put=(thread,)))
    return replace(thread, id=ids[-1])


async def _make_topic(out: Notifier, order: Order) -> int | None:
    """None where topics fail as such, as all private ones once did (tdlib/telegram-bot-api#847)."""
    chat_id, name = order.body.chat_id, topic_name(order.lead, order.reader)
    try:
        topic = await ask(out, chat_id, CreateForumTopic(chat_id=chat_id, name=name))
    except SendError as error:
        if error.code in _NOT_THE_TOPIC:
            raise
        log.warning("no topic in chat %s, so its leads are answered by replies: %s", chat_id, error.detail)
        return None
    out.names[chat_id, topic.message_thread_id] = name
    return topic.message_thread_id
