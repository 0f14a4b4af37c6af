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
from bot.parts import card_parts, keep_place, keep_shown, show_parts
from bot.views.card import card, topic_name
from bot.views.paper import Rendered
from leads.events import SendCode, SendError
from leads.model import DeskThread, DeskUse, Message

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
                rendered = card(order.lead, order.reader)
                thread = await put_card(out, order, thread, rendered)
                await show_rest(out, order, thread, rendered, before=before)
            return await show(thread)
        except TopicGone:
            log.info("topic %s of lead %s is gone", thread.topic_id, thread.lead_id)
            retire(out, thread)
            thread = None
    raise SendError(SendCode.UNAVAILABLE, "messages do not arrive in this chat")


async def put_card(out: Notifier, order: Order, thread: DeskThread, rendered: Rendered) -> DeskThread:
    """Send the card and remember it, so that nothing after it can repeat it."""
    desk_id = await post(out, place_in(replace(thread, card_id=None)), rendered)
    first = order.lead.first_message.id if order.lead.first_message else None
    thread = out.kept.put(replace(thread, card_id=desk_id))
    keep_place(out, thread, desk_id, DeskUse.CARD, first)
    keep_shown(out, order, thread, desk_id, first)
    return thread


async def show_rest(
    out: Notifier, order: Order, thread: DeskThread, rendered: Rendered, *, before: Message | None = None
) -> None:
    """What belongs to the card and does not stand on it."""
    first = order.lead.first_message
    if first:
        parts = await card_parts(out, order, thread, rendered, first, before)
        await show_parts(out, order, thread, first, parts, quiet=True)


async def refresh(out: Notifier, order: Order) -> None:
    """Bring the card and the topic's name up to date, also where the lead has left.

    What was deleted comes back while the lead is open and worked here.
    """
    thread = order.thread or next((each for each in order.threads if each.card_id), None)
    if thread is None or thread.card_id is None:
        return
    rendered = card(order.lead, order.reader)
    try:
        await edit(out, thread.chat_id, thread.card_id, rendered)
        await rename(out, order, thread)
    except (MessageGone, TopicGone):
        if order.lead.lead.open and thread.active:
            await in_thread(out, order, _replace_card(out, order, rendered))
        elif thread.active:
            retire(out, thread)


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


def retire(out: Notifier, thread: DeskThread) -> None:
    out.names.pop((thread.chat_id, thread.topic_id or 0), None)
    out.kept.put(replace(thread, active=False))


def _replace_card(out: Notifier, order: Order, rendered: Rendered) -> Callable[[DeskThread], Awaitable[None]]:
    old = order.thread.card_id if order.thread else None

    async def put(thread: DeskThread) -> None:
        if thread.card_id == old:
            await put_card(out, order, thread, rendered)

    return put


async def _open(out: Notifier, order: Order, *, topics: bool) -> DeskThread:
    """A topic is stored before the card is sent: a crash in between must not make a second one."""
    thread = DeskThread(0, order.lead.lead.id, order.body.chat_id)
    topic_id = await _make_topic(out, order) if topics else None
    return out.kept.put(replace(thread, topic_id=topic_id)) if topic_id else thread


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
