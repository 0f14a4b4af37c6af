"""Commands that look something up, and those about the manager: shifts and invitations."""

from __future__ import annotations

import re

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot.callbacks import Leads, Open
from bot.turn import Turn
from leads import people
from leads.changes import View
from leads.model import Role

_NUMBER = re.compile(r"#?(\d{1,12})")


def router() -> Router:
    asking = Router(name="asking")
    for name, handler in (
        ("help", help_),
        ("leads", leads),
        ("lead", lead),
        ("find", find),
        ("on", on),
        ("off", off),
        ("invite", invite),
    ):
        asking.message.register(handler, Command(name, ignore_case=True, ignore_mention=True))
    asking.callback_query.register(page, Leads.filter())
    asking.callback_query.register(open_lead, Open.filter())
    return asking


def lead_number(word: str) -> int | None:
    """12 of "12" and "#12"."""
    found = _NUMBER.fullmatch(word)
    return int(found[1]) if found else None


async def help_(message: Message, turn: Turn) -> None:
    await turn.answer(turn.row(View.HELP))


async def leads(message: Message, turn: Turn) -> None:
    await turn.answer(turn.row(View.LEADS, page=0))


async def page(query: CallbackQuery, callback_data: Leads, turn: Turn) -> None:
    await turn.answer(turn.row(View.LEADS, page=max(0, callback_data.page)))


async def lead(message: Message, command: CommandObject, turn: Turn) -> None:
    word = (command.args or "").strip()
    number = lead_number(word) if word else await turn.lead()
    if number and await turn.store.lead_snapshot(number):
        await turn.answer(turn.row(View.LEAD, number, face=True))
    else:
        await turn.answer(turn.say("lead-not-found", lead=word) if word else turn.say("lead-usage"))


async def open_lead(query: CallbackQuery, callback_data: Open, turn: Turn) -> None:
    if await turn.store.lead_snapshot(callback_data.lead):
        await turn.answer(turn.row(View.LEAD, callback_data.lead))
    else:
        await turn.answer(turn.say("lead-not-found", lead=str(callback_data.lead)))


async def find(message: Message, command: CommandObject, turn: Turn) -> None:
    words = " ".join((command.args or "").split())
    await turn.answer(turn.row(View.FOUND, words=words) if words else turn.say("find-usage"))


async def on(message: Message, turn: Turn) -> None:
    await people.shift(turn.store, turn.act(turn.say("shift-on")), on=True)


async def off(message: Message, turn: Turn) -> None:
    await people.shift(turn.store, turn.act(turn.say("shift-off")), on=False)


async def invite(message: Message, command: CommandObject, turn: Turn) -> None:
    asked = (command.args or "").strip().lower()
    if asked not in {"", Role.MANAGER, Role.HEAD}:
        await turn.answer(turn.say("invite-usage"))
        return
    role = Role(asked or Role.MANAGER)
    name = (await turn.desk.bot.me()).username
    link = turn.row(View.INVITE, link=f"https://t.me/{name}?start={{token}}", role=role.value)
    await people.invite(turn.store, turn.act(link), role)
