"""Follow-ups: /remind, the card's presets, and the buttons of a reminder that came due."""

from __future__ import annotations

from datetime import datetime, timedelta

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot.callbacks import Remind, ReminderDone, ReminderSnooze, RemindMenu, When
from bot.handlers.asking import lead_number
from bot.handlers.buttons import buttons_back, show_buttons
from bot.turn import Turn
from bot.views.menus import remind_menu
from bot.when import morning, parse_when
from leads import desk, reminders
from leads.changes import ToManager

_LENGTHS = {
    When.HALF_HOUR: timedelta(minutes=30),
    When.HOUR: timedelta(hours=1),
    When.THREE_HOURS: timedelta(hours=3),
}


def router() -> Router:
    reminding = Router(name="reminding")
    reminding.message.register(remind, Command("remind", ignore_case=True, ignore_mention=True))
    reminding.callback_query.register(menu, RemindMenu.filter())
    reminding.callback_query.register(preset, Remind.filter())
    reminding.callback_query.register(done, ReminderDone.filter())
    reminding.callback_query.register(snooze, ReminderSnooze.filter())
    return reminding


async def remind(message: Message, command: CommandObject, turn: Turn) -> None:
    words = (command.args or "").strip()
    here = await turn.lead()
    asked = _asked(words, here, turn)
    if asked:
        lead_id, due, text = asked
        await reminders.remind(turn.store, turn.act(_told(turn, due, text)), lead_id, due, text)
    elif not words:
        await turn.answer(turn.say("remind-usage"))
    elif here is None and lead_number(words.split()[0]) is None:
        await turn.answer(turn.say("remind-where"))
    else:
        await turn.answer(turn.say("remind-not-understood"))


async def menu(query: CallbackQuery, callback_data: RemindMenu, turn: Turn) -> None:
    await desk.opened(turn.store, turn.asking, callback_data.lead, own=True)
    await show_buttons(turn, remind_menu(callback_data.lead, turn.reader), "menu-remind")


async def preset(query: CallbackQuery, callback_data: Remind, turn: Turn) -> None:
    due = _due(callback_data.preset, turn)
    await reminders.remind(turn.store, turn.act(), callback_data.lead, due, "")
    turn.toast = turn.texts.say("reminder-set-plain", due_at=turn.reader.moment(due))
    await buttons_back(turn, callback_data.lead)


async def done(query: CallbackQuery, callback_data: ReminderDone, turn: Turn) -> None:
    await reminders.done(turn.store, turn.act(), callback_data.reminder)
    await show_buttons(turn, None, "reminder-done")


async def snooze(query: CallbackQuery, callback_data: ReminderSnooze, turn: Turn) -> None:
    due = _due(callback_data.preset, turn)
    await reminders.snooze(turn.store, turn.act(), callback_data.reminder, due)
    await show_buttons(turn, None, "reminder-snoozed", due_at=turn.reader.moment(due))


def _asked(words: str, here: int | None, turn: Turn) -> tuple[int, datetime, str] | None:
    """Lead, moment and text. A number in front means that lead, unless it belongs to the moment."""
    found = parse_when(words, turn.now, turn.zone, turn.language) if here else None
    if here and found:
        return here, *found
    first, *rest = words.split(maxsplit=1)[:2] or [""]
    number = lead_number(first)
    found = parse_when(rest[0], turn.now, turn.zone, turn.language) if number and rest else None
    return (number, *found) if number and found else None


def _told(turn: Turn, due: datetime, text: str) -> ToManager:
    if text:
        return turn.say("reminder-set", due_at=due.isoformat(), text=text)
    return turn.say("reminder-set-plain", due_at=due.isoformat())


def _due(preset: When, turn: Turn) -> datetime:
    length = _LENGTHS.get(preset)
    return turn.now + length if length else morning(turn.now, turn.zone)
