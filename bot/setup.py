"""The managers' bot as an object: its token, its commands, its handlers."""

from __future__ import annotations

from datetime import datetime

from aiogram import Bot, Dispatcher
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.types import BotCommand

from bot.handlers import asking, card, coming, reminding, templates, writing
from bot.middlewares import admit, answer_button
from bot.session import Session
from bot.turn import Desk
from leads import people
from leads.ports import Store
from texts import LANGUAGES, catalogue

__all__ = ["COMMANDS", "Desk", "build_dispatcher", "first_owner_link", "make_bot", "set_commands"]

COMMANDS = ("leads", "lead", "find", "remind", "ask", "unsend", "on", "off", "invite", "help")


def make_bot(token: str, api_base: str = "") -> Bot:
    """`api_base` is another Bot API server's address. Close the bot's session at the end."""
    server = TelegramAPIServer.from_base(api_base) if api_base else PRODUCTION
    return Bot(token, session=Session(api=server))


def build_dispatcher() -> Dispatcher:
    """The handlers in the order in which they are asked; what a manager writes comes last."""
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.update.outer_middleware(admit)
    dispatcher.callback_query.outer_middleware(answer_button)
    for handlers in (coming, asking, reminding, card, templates, writing):
        dispatcher.include_router(handlers.router())
    return dispatcher


async def set_commands(bot: Bot) -> None:
    """The menu of commands in every language we speak; the first is for all others."""
    for index, language in enumerate(LANGUAGES):
        texts = catalogue(language)
        menu = [BotCommand(command=name, description=texts.say(f"command-{name}")) for name in COMMANDS]
        await bot.set_my_commands(menu, language_code=language if index else None)


async def first_owner_link(bot: Bot, store: Store, now: datetime) -> str | None:
    """A one-time link that makes its opener the owner; None once there is one."""
    token = await people.first_owner_invite(store, now)
    return f"https://t.me/{(await bot.me()).username}?start={token}" if token else None
