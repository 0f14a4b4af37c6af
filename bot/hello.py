"""Meeting Telegram: who the managers' bot is, and what its private chats can do."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from aiogram import Bot
from aiogram.exceptions import AiogramError

from bot.errors import send_error
from bot.setup import set_commands

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hello:
    """`topics`: its private chats can have them (Bot API 9.3, User.has_topics_enabled)."""

    username: str
    topics: bool


async def introduce(bot: Bot) -> Hello:
    """Ask who we are and set the menu of commands; a menu that cannot be set holds nothing up.

    Raises `SendError`: MISCONFIGURED when Telegram refuses the token, UNAVAILABLE when it is away.
    """
    try:
        found = await hello(bot)
    except AiogramError as error:
        raise send_error(error) from error
    try:
        await set_commands(bot)
    except AiogramError as error:
        log.info("the menu of commands was not set: %s", send_error(error).detail)
    return found


async def there(bot: Bot) -> None:
    """Raises `SendError` when Telegram does not answer as it should."""
    try:
        await bot.get_me()
    except AiogramError as error:
        raise send_error(error) from error


async def hello(bot: Bot) -> Hello:
    me = await bot.get_me()
    return Hello(me.username or "", bool(me.has_topics_enabled))
