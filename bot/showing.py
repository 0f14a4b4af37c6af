"""Showing a lead and what its customer writes and does, in the lead's own thread."""

from __future__ import annotations

from dataclasses import replace

from aiogram.methods import SetMessageReaction
from aiogram.types import ReactionTypeEmoji

from bot.calls import Notifier, Order, Place, ask, edit, forget, place_in, post
from bot.errors import MessageGone
from bot.parts import Part, keep_place, keep_shown, parts_of, show_part, show_parts, shown_in
from bot.threads import in_thread, put_card, rename, show_rest
from bot.views.card import card
from bot.views.customers import customer_edit, customer_event, customer_message, wiped
from bot.views.notices import REACTIONS, TAKEN_BACK, failure
from bot.views.paper import Rendered
from leads.events import SendCode, SendError
from leads.model import DeskMessage, DeskThread, DeskUse, Message, MessageState


async def show_card(out: Notifier, order: Order) -> None:
    """Announce the lead; where its card stands already, as after a crash, it is only refreshed."""
    old = order.thread

    async def show(thread: DeskThread) -> None:
        if old and old.card_id and thread.id == old.id:
            rendered = card(order.lead, order.reader)
            await _refresh_card(out, order, thread, rendered)
            await show_rest(out, order, thread, rendered)

    await in_thread(out, order, show)


async def _refresh_card(out: Notifier, order: Order, thread: DeskThread, rendered: Rendered) -> None:
    try:
        await edit(out, thread.chat_id, thread.card_id or 0, rendered)
    except MessageGone:
        await put_card(out, order, thread, rendered)
    await rename(out, order, thread)


async def show_message(out: Notifier, order: Order) -> None:
    """A customer's message as a new one of its own, answering what the customer answered."""
    message = await message_of(out, order)

    async def show(thread: DeskThread) -> None:
        named = thread.topic_id is None
        words = customer_message(order.lead, message, order.reader, named=named)
        parts = parts_of(words, message.attachments)
        reply_to = await _where(out, thread, message.reply_to_id)
        desk_id = await show_parts(out, order, thread, message, parts, reply_to=reply_to)
        if desk_id is not None:
            keep_shown(out, order, thread, desk_id, message.id)

    await in_thread(out, order, show, before=message)


async def show_edit(out: Notifier, order: Order) -> None:
    """A customer's edit under the message that was changed, its files once more."""
    message = await message_of(out, order)
    words = customer_edit(order.lead, message, order.reader)
    parts = [*(Part(each) for each in words), *(Part(thing=each) for each in message.attachments)]

    async def show(thread: DeskThread) -> None:
        reply_to = await _where(out, thread, message.id)
        for at, part in enumerate(parts):
            place = place_in(thread, reply_to if at == 0 else None)
            desk_id = await show_part(out, order, place, part, message, quiet=at > 0)
            keep_place(out, thread, desk_id, DeskUse.CUSTOMER, message.id)

    await in_thread(out, order, show, before=message)


async def show_event(out: Notifier, order: Order) -> None:
    """What the customer did. It interrupts nobody."""
    said = customer_event(order.lead, order.body.args, order.reader)
    if not said:
        return
    about = order.body.args.get("message")
    if (
        order.body.args["event"] == "deleted"
        and not out.rules.keep_deleted
        and await _wipe(out, order, about)
    ):
        return

    async def show(thread: DeskThread) -> None:
        reply_to = await _where(out, thread, about)
        desk_id = await post(out, place_in(thread, reply_to), said, quiet=True)
        keep_place(out, thread, desk_id, DeskUse.OTHER, about)

    await in_thread(out, order, show)


async def _wipe(out: Notifier, order: Order, message_id: object) -> bool:
    """Take a deleted message's words off the desk; False where they stand on nothing but a card.

    A file cannot be edited away: it is deleted, which Telegram allows for two days.
    """
    places = await out.store.desk_messages_of(message_id) if isinstance(message_id, int) else ()
    here = [each for each in places if each.chat_id == order.body.chat_id]
    shown = [each for each in here if each.use is DeskUse.CUSTOMER]
    for each in shown:
        try:
            await edit(out, each.chat_id, each.desk_id, wiped(order.lead, order.reader))
        except SendError as error:
            if error.code is not SendCode.PERMANENT:
                raise
            await forget(out, each.chat_id, each.desk_id)
    return bool(shown)


async def show_state(out: Notifier, order: Order) -> None:
    """A reply's fate as a reaction on it; a failure in words too, until there is better news."""
    message = await message_of(out, order)
    here = [
        each for each in await out.store.desk_messages_of(message.id) if each.chat_id == order.body.chat_id
    ]
    for each in here:
        if each.use is DeskUse.REPLY:
            await _react(out, each, TAKEN_BACK if message.deleted_at else REACTIONS.get(message.state))
    failures = [each for each in here if each.use is DeskUse.OTHER]
    for each in failures:
        await forget(out, each.chat_id, each.desk_id)
        out.kept.put(replace(each, message_id=None))  # it stays, as no part of this message any more
    if message.state is MessageState.FAILED and not order.body.args.get("queued"):
        await _tell_failure(out, order, message, here)


async def message_of(out: Notifier, order: Order) -> Message:
    message = await out.store.message(int(order.body.args["message"]))
    if not message:
        raise SendError(SendCode.PERMANENT, f"there is no message {order.body.args['message']}")
    return message


async def _react(out: Notifier, place: DeskMessage, emoji: str | None) -> None:
    if not emoji:
        return
    method = SetMessageReaction(
        chat_id=place.chat_id,
        message_id=place.desk_id,
        reaction=[ReactionTypeEmoji(emoji=emoji)],
    )
    try:
        await ask(out, place.chat_id, method)
    except SendError as error:
        # The manager may have deleted it, and a failure is told in words as well.
        if error.code is not SendCode.PERMANENT:
            raise


async def _tell_failure(out: Notifier, order: Order, message: Message, here: list[DeskMessage]) -> None:
    words = failure(order.lead, message, order.reader)
    own = next((each for each in here if each.use is DeskUse.REPLY), None)
    if own:
        desk_id = await post(out, Place(own.chat_id, own.topic_id, own.desk_id), words)
        out.kept.put(replace(own, id=0, desk_id=desk_id, use=DeskUse.OTHER))
        return

    async def show(thread: DeskThread) -> None:
        keep_place(out, thread, await post(out, place_in(thread), words), DeskUse.OTHER, message.id)

    await in_thread(out, order, show)


async def _where(out: Notifier, thread: DeskThread, message_id: int | None) -> int | None:
    """The desk id under which a message is shown in this thread."""
    places = await shown_in(out, thread, message_id) if message_id else ()
    return next((each.desk_id for each in places if each.use is not DeskUse.OTHER), None)
