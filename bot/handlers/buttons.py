"""Changing only the buttons under a message: done directly, and nothing is lost when it fails."""

from __future__ import annotations

import logging

from aiogram.exceptions import TelegramAPIError
from aiogram.types import InlineKeyboardMarkup

from bot.turn import Turn
from bot.views.menus import card_buttons

log = logging.getLogger(__name__)

SECONDS = 5


async def show_buttons(
    turn: Turn, keyboard: InlineKeyboardMarkup | None, toast: str = "", **args: object
) -> None:
    """Put these under the message whose button was pressed; `toast` is the key of a sentence."""
    if toast:
        turn.toast = turn.texts.say(toast, **args)
    try:
        await turn.desk.bot.edit_message_reply_markup(
            chat_id=turn.chat_id, message_id=turn.desk_id, reply_markup=keyboard, request_timeout=SECONDS
        )
    except TelegramAPIError as error:
        log.debug("buttons were not changed: %s", type(error).__name__)


async def buttons_back(turn: Turn, lead_id: int) -> None:
    """The card's own buttons again, instead of a menu."""
    snapshot = await turn.store.lead_snapshot(lead_id)
    if snapshot:
        await show_buttons(turn, card_buttons(snapshot, turn.reader))
