"""Whatever else a manager writes: a reply or a note to the lead of that place, and later edits of it."""

from __future__ import annotations

import re

from aiogram import F, Router
from aiogram.enums import ContentType
from aiogram.filters import Command
from aiogram.types import Message, MessageReactionUpdated, ReactionTypeEmoji

from bot.drafting import asks, drafted, offered
from bot.turn import Turn
from leads import gestures, reply, revising
from leads.model import DeskUse
from leads.reply import Draft

_COMMAND = re.compile(r"/\w+(@\w+)?(\s|$)")
# What people send; everything else is Telegram's own news about topics, pins and the like.
WRITTEN = frozenset(
    {
        ContentType.TEXT,
        ContentType.PHOTO,
        ContentType.DOCUMENT,
        ContentType.VIDEO,
        ContentType.VIDEO_NOTE,
        ContentType.VOICE,
        ContentType.AUDIO,
        ContentType.ANIMATION,
        ContentType.STICKER,
        ContentType.LOCATION,
        ContentType.VENUE,
        ContentType.CONTACT,
        ContentType.POLL,
        ContentType.DICE,
        ContentType.STORY,
        ContentType.PAID_MEDIA,
        ContentType.CHECKLIST,
    }
)


def router() -> Router:
    writing = Router(name="writing")
    writing.message.register(unsend, Command("unsend", ignore_case=True, ignore_mention=True))
    writing.message.register(write, Command("ask", ignore_case=True, ignore_mention=True))
    writing.message.register(unknown_command, F.text.regexp(_COMMAND))
    writing.message.register(write, F.content_type.in_(WRITTEN))
    writing.message_reaction.register(react)
    writing.edited_message.register(edit, F.content_type.in_(WRITTEN))
    return writing


async def unknown_command(message: Message, turn: Turn) -> None:
    await turn.answer(turn.say("unknown-command"))


async def write(message: Message, turn: Turn) -> None:
    lead_id = await turn.lead()
    draft = drafted(message, turn.topic_id, turn.quoted)
    if lead_id is None:
        await turn.answer(turn.say("not-a-lead"))
    elif draft is None:
        await turn.answer(turn.say("not-sendable"))
    elif (whole := _whole(draft)) is None:
        await turn.answer(turn.say("ask-usage"))
    else:
        await reply.send(turn.store, turn.act(), lead_id, whole)


async def unsend(message: Message, turn: Turn) -> None:
    place = await turn.store.desk_message(turn.chat_id, turn.quoted) if turn.quoted else None
    await revising.unsend(turn.store, turn.act(), place)


async def edit(message: Message, turn: Turn) -> None:
    """Only of what became a reply or a note; edits of commands mean nothing."""
    place = await turn.store.desk_message(turn.chat_id, message.message_id)
    draft = drafted(message, turn.topic_id, turn.quoted)
    if not (place and place.use in {DeskUse.REPLY, DeskUse.NOTE} and draft):
        return
    if whole := _whole(draft):
        await revising.edit(turn.store, turn.act(), place, whole)
    else:
        await turn.answer(turn.say("ask-usage"))


async def react(event: MessageReactionUpdated, turn: Turn) -> None:
    """A manager's reaction on a customer's message; a custom emoji has no character that could go along."""
    place = await turn.store.desk_message(turn.chat_id, event.message_id)
    emoji = [one.emoji for one in event.new_reaction if isinstance(one, ReactionTypeEmoji)]
    if place and (emoji or not event.new_reaction):
        turn.topic_id = place.topic_id
        await gestures.react(turn.store, turn.act(), place, emoji[0] if emoji else "")


def _whole(draft: Draft) -> Draft | None:
    """The draft, its choices read; None when they are not all there."""
    return offered(draft) if asks(draft) else draft
