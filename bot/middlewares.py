"""Who is asking and where: only private chats, managers, and the few words that a stranger may say."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiogram.enums import ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.types import CallbackQuery, Message, TelegramObject, Update, User

from bot.turn import Turn
from leads import people

log = logging.getLogger(__name__)

TOAST_LENGTH = 200  # https://core.telegram.org/bots/api#answercallbackquery
TOAST_SECONDS = 5
Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


async def admit(handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
    """Put the asker and the place into the turn. Of strangers only messages go further."""
    turn: Turn = data["turn"]
    user, chat = data.get("event_from_user"), data.get("event_chat")
    if not isinstance(event, Update) or not user or not chat or chat.type != ChatType.PRIVATE or user.is_bot:
        return None
    turn.chat_id = chat.id
    _place(turn, event)
    turn.manager = await turn.store.manager_by_telegram(user.id)
    turn.language = user.language_code or turn.desk.rules.language
    if turn.manager and event.my_chat_member:  # may be their leaving
        turn.language = turn.manager.language or turn.desk.rules.language
    elif turn.manager:
        await _follow(turn, user)
    elif not event.message:
        return None
    return await handler(event, data)


async def answer_button(handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
    """Every pressed button is answered once, with the toast that the handler left, or with none."""
    turn: Turn = data["turn"]
    try:
        return await handler(event, data)
    finally:
        if isinstance(event, CallbackQuery):
            try:
                words = turn.toast[:TOAST_LENGTH] or None
                await turn.desk.bot.answer_callback_query(
                    event.id, words, show_alert=turn.alert or None, request_timeout=TOAST_SECONDS
                )
            except TelegramAPIError as error:  # too old, most likely; what was done stays done
                log.debug("a button's answer was not taken: %s", type(error).__name__)


def _place(turn: Turn, update: Update) -> None:
    if update.message_reaction:
        turn.desk_id = update.message_reaction.message_id
    pressed = update.callback_query
    message = pressed.message if pressed else update.message or update.edited_message
    if not message:
        return
    turn.desk_id = message.message_id
    if isinstance(message, Message):
        turn.topic_id = message.message_thread_id if message.is_topic_message else None
        replied = message.reply_to_message
        # Apps name the topic's root when nothing else is replied to.
        if replied and replied.message_id != message.message_thread_id and not pressed:
            turn.quoted = replied.message_id


async def _follow(turn: Turn, user: User) -> None:
    """A manager's language follows Telegram's; and whoever writes to us can be reached."""
    manager = turn.by
    spoken = user.language_code or manager.language
    turn.language = spoken or turn.desk.rules.language
    if spoken == manager.language and not manager.unreachable_since:
        return
    await people.greet(turn.store, manager, spoken, settle=None, also=(), now=turn.now)
    turn.manager = replace(manager, language=spoken, unreachable_since=None)
