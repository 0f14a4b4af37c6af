"""Whatever else a manager writes: a reply or a note to the lead of that place, and later edits of it."""

from __future__ import annotations

import re

from aiogram import F, Router
from aiogram.enums import ContentType
from aiogram.types import Message

from bot.drafting import drafted
from bot.turn import Turn
from leads import reply, revising
from leads.model import DeskUse

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
    writing.message.register(unknown_command, F.text.regexp(_COMMAND))
    writing.message.register(write, F.content_type.in_(WRITTEN))
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
    else:
        await reply.send(turn.store, turn.act(), lead_id, draft)


async def edit(message: Message, turn: Turn) -> None:
    """Only of what became a reply or a note; edits of commands mean nothing."""
    place = await turn.store.desk_message(turn.chat_id, message.message_id)
    draft = drafted(message, turn.topic_id, turn.quoted)
    if place and place.use in {DeskUse.REPLY, DeskUse.NOTE} and draft:
        await revising.edit(turn.store, turn.act(), place, draft)
