"""Messages of several parts, each remembered before the next is shown: a retry goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.calls import Notifier, Order, Place, place_in, post
from bot.media import CAPTIONED, post_thing
from bot.views.lists import history
from bot.views.paper import CAPTION_LIMIT, Rendered
from leads.events import Attachment
from leads.journal import Word
from leads.model import DeskMessage, DeskThread, DeskUse, Direction, Entry, Message
from leads.split import utf16_len


@dataclass(frozen=True, slots=True)
class Part:
    """One Telegram message: words, or a thing with or without words."""

    words: Rendered | None = None
    thing: Attachment | None = None


def parts_of(words: Sequence[Rendered], things: Sequence[Attachment]) -> list[Part]:
    """Words first, then the things; a single file takes short words as its caption."""
    single = len(words) == len(things) == 1 and things[0].kind in CAPTIONED
    if single and utf16_len(words[0].text) <= CAPTION_LIMIT:
        return [Part(words[0], things[0])]
    return [*(Part(each) for each in words), *(Part(thing=each) for each in things)]


async def card_parts(
    out: Notifier,
    order: Order,
    thread: DeskThread,
    rendered: Rendered,
    first: Message,
    before: Message | None,
) -> list[Part]:
    """What belongs to the card and does not stand on it: the first message's rest and files, and the history
    where the lead was worked in another thread before.
    """
    parts = parts_of(rendered.more, first.attachments)
    former = [each for each in order.lead.threads if each.id != thread.id]
    if not former:
        return parts
    here_before = any(each.chat_id == thread.chat_id for each in former)
    said = [
        each
        for each in await out.store.messages(order.lead.lead.id)
        if each.id != first.id
        and (before is None or each.id < before.id)
        # Whoever gets the lead from somebody else gets these as messages of their own.
        and (here_before or not _unanswered(order, each))
    ]
    told = history(said, order.reader)
    return [*parts, Part(told)] if told else parts


def _unanswered(order: Order, message: Message) -> bool:
    since = order.lead.lead.unanswered_since
    return message.direction is Direction.IN and since is not None and message.at >= since


async def show_parts(
    out: Notifier,
    order: Order,
    thread: DeskThread,
    message: Message,
    parts: Sequence[Part],
    *,
    use: DeskUse = DeskUse.CUSTOMER,
    reply_to: int | None = None,
    quiet: bool = False,
) -> int | None:
    """Show what is not shown yet; the id of the last part, None when all was."""
    if not parts:
        return None
    done = sum(each.use is use for each in await shown_in(out, thread, message.id))
    desk_id = None
    for at, part in list(enumerate(parts))[done:]:
        await out.kept.store(out.store)  # a file may take its time
        place = place_in(thread, reply_to if at == 0 else None)
        desk_id = await show_part(out, order, place, part, message, quiet=quiet or at > 0)
        keep_place(out, thread, desk_id, use, message.id)
    return desk_id


def keep_place(
    out: Notifier, thread: DeskThread, desk_id: int, use: DeskUse, message_id: int | None = None
) -> None:
    """Remember what a message in this thread is about."""
    out.kept.put(
        DeskMessage(0, thread.chat_id, desk_id, thread.lead_id, use, message_id, topic_id=thread.topic_id)
    )


def keep_shown(out: Notifier, order: Order, thread: DeskThread, desk_id: int, message_id: int | None) -> None:
    """Note in the journal where the customer's words came out."""
    data = {"chat": thread.chat_id, "topic": thread.topic_id, "desk_id": desk_id, "message": message_id}
    manager = order.manager.id if order.manager else None
    out.kept.put(Entry(0, out.clock(), Word.SHOWN, thread.lead_id, manager, data=data))


async def show_part(
    out: Notifier, order: Order, place: Place, part: Part, message: Message, *, quiet: bool
) -> int:
    if part.thing:
        source_id = _source_of(order, message)
        return await post_thing(out, place, part.thing, source_id, part.words, order.reader, quiet=quiet)
    assert part.words  # noqa: S101  (a part is words or a thing)
    return await post(out, place, part.words, quiet=quiet)


def _source_of(order: Order, message: Message) -> int:
    """Whose door the message came through."""
    lead = order.lead
    conversations = {each.id: each.source_id for each in lead.conversations}
    return conversations.get(message.conversation_id or 0, lead.lead.source_id)


async def shown_in(out: Notifier, thread: DeskThread, message_id: int) -> tuple[DeskMessage, ...]:
    """Where a message stands in this thread, oldest first."""
    await out.kept.store(out.store)
    places = await out.store.desk_messages_of(message_id)
    here = [each for each in places if (each.chat_id, each.topic_id) == (thread.chat_id, thread.topic_id)]
    return tuple(sorted(here, key=lambda each: each.desk_id))
