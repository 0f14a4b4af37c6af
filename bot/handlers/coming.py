"""Coming to the desk, being a stranger to it, and leaving it."""

from __future__ import annotations

import hashlib

from aiogram import Router
from aiogram.enums import ChatMemberStatus
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import ChatMemberUpdated, Message

from bot.turn import SENTENCES, Turn
from leads import people
from leads.changes import View
from leads.model import Role

_WELCOME = {Role.MANAGER: "welcome", Role.HEAD: "welcome-head", Role.OWNER: "welcome-owner"}


def router() -> Router:
    coming = Router(name="coming")
    coming.message.register(start, CommandStart(ignore_mention=True, ignore_case=True))
    coming.message.register(stranger, _is_stranger)
    coming.my_chat_member.register(door)
    return coming


async def start(message: Message, command: CommandObject, turn: Turn) -> None:
    token = (command.args or "").strip()
    if token:
        await _join(message, token, turn)
    elif turn.manager:
        turn.settled = True
        also = (turn.say("welcome-back", name=turn.manager.name), turn.row(View.HELP))
        await people.greet(
            turn.store, turn.manager, turn.language, settle=turn.settle, also=also, now=turn.now
        )
    else:
        await stranger(message, turn)


async def stranger(message: Message, turn: Turn) -> None:
    """One polite sentence a day."""
    memory, today = turn.desk.strangers, turn.now.date()
    if not memory.times(turn.chat_id, today):
        await turn.answer(turn.say("stranger"))
        memory.count(turn.chat_id, today)


async def door(event: ChatMemberUpdated, turn: Turn) -> None:
    """A manager blocked the bot, or let it in again."""
    if event.new_chat_member.status == ChatMemberStatus.KICKED:
        await _gone(turn)
    else:
        turn.settled = True
        await people.greet(turn.store, turn.by, turn.language, settle=turn.settle, also=(), now=turn.now)


async def _gone(turn: Turn) -> None:
    turn.settled = True
    await people.away(turn.store, turn.by, settle=turn.settle, now=turn.now)


async def _join(message: Message, token: str, turn: Turn) -> None:
    memory, today = turn.desk.strangers, turn.now.date()
    if not turn.manager:
        if memory.times(turn.chat_id, today) >= SENTENCES:  # nobody guesses invitations here
            return
        memory.count(turn.chat_id, today)
    invite = await turn.store.invite(hashlib.sha256(token.encode()).hexdigest())
    name = message.from_user.full_name if message.from_user else ""
    welcome = turn.say(_WELCOME[invite.role if invite else Role.MANAGER], name=name)
    turn.settled = True
    await people.join(
        turn.store,
        token,
        turn.chat_id,
        name=name,
        language=turn.language,
        now=turn.now,
        rules=turn.desk.rules,
        settle=turn.settle,
        also=(welcome, turn.row(View.HELP)),
    )


async def _is_stranger(message: Message, turn: Turn) -> bool:
    return turn.manager is None
