"""The buttons of a card: take, hand over, note, close, reopen, which way replies go, try again."""

from __future__ import annotations

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.callbacks import Back, Close, CloseMenu, HandOver, Note, Reopen, SendVia, Take, TryAgain, Via
from bot.handlers.buttons import buttons_back, show_buttons
from bot.turn import Turn
from bot.views.menus import close_menu, hand_over_menu, lost_menu
from bot.views.ways import where
from leads import desk, revising
from leads.model import LeadState
from leads.ports import LeadSnapshot


def router() -> Router:
    card = Router(name="card")
    pressed = card.callback_query.register
    pressed(take, Take.filter())
    pressed(hand_over, HandOver.filter())
    pressed(note, Note.filter())
    pressed(closing, CloseMenu.filter())
    pressed(close, Close.filter())
    pressed(reopen, Reopen.filter())
    pressed(via, Via.filter())
    pressed(back, Back.filter())
    pressed(try_again, TryAgain.filter())
    pressed(send_via, SendVia.filter())
    return card


async def take(query: CallbackQuery, callback_data: Take, turn: Turn) -> None:
    await desk.take(turn.store, turn.act(), callback_data.lead)
    await _done(turn, callback_data.lead, "taken")


async def hand_over(query: CallbackQuery, callback_data: HandOver, turn: Turn) -> None:
    snapshot = await desk.opened(turn.store, turn.asking, callback_data.lead)
    if not callback_data.to:
        await _whom(turn, snapshot)
        return
    await desk.hand_over(turn.store, turn.act(), callback_data.lead, callback_data.to)
    names = {one.id: one.name for one in snapshot.managers}
    await _done(turn, callback_data.lead, "handed-over", manager=names.get(callback_data.to, ""))


async def note(query: CallbackQuery, callback_data: Note, turn: Turn) -> None:
    await desk.opened(turn.store, turn.asking, callback_data.lead, own=True)
    turn.toast, turn.alert = turn.texts.say("note-how"), True


async def closing(query: CallbackQuery, callback_data: CloseMenu, turn: Turn) -> None:
    await desk.opened(turn.store, turn.asking, callback_data.lead, own=True)
    menu = lost_menu if callback_data.lost else close_menu
    key = "menu-lost" if callback_data.lost else "menu-close"
    await show_buttons(turn, menu(callback_data.lead, turn.reader), key)


async def close(query: CallbackQuery, callback_data: Close, turn: Turn) -> None:
    state = LeadState(callback_data.state.value)
    await desk.close(turn.store, turn.act(), callback_data.lead, state, callback_data.reason.value)
    await _done(turn, callback_data.lead, f"closed-{state}")


async def reopen(query: CallbackQuery, callback_data: Reopen, turn: Turn) -> None:
    await desk.reopen(turn.store, turn.act(), callback_data.lead)
    await _done(turn, callback_data.lead, "reopened")


async def via(query: CallbackQuery, callback_data: Via, turn: Turn) -> None:
    snapshot = await desk.opened(turn.store, turn.asking, callback_data.lead, own=True)
    way = next((one for one in snapshot.conversations if one.id == callback_data.conversation), None)
    await desk.choose_conversation(turn.store, turn.act(), callback_data.lead, callback_data.conversation)
    name = where(way, snapshot, turn.reader) if way else ""
    await _done(turn, callback_data.lead, "via-chosen", where=name)


async def back(query: CallbackQuery, callback_data: Back, turn: Turn) -> None:
    await buttons_back(turn, callback_data.lead)


async def try_again(query: CallbackQuery, callback_data: TryAgain, turn: Turn) -> None:
    await revising.try_again(turn.store, turn.act(), callback_data.message)
    await show_buttons(turn, None, "trying-again")


async def send_via(query: CallbackQuery, callback_data: SendVia, turn: Turn) -> None:
    await revising.try_again(turn.store, turn.act(), callback_data.message, callback_data.conversation)
    await show_buttons(turn, None, "trying-again")


async def _done(turn: Turn, lead_id: int, toast: str, **args: object) -> None:
    """The lead's card is refreshed by a row; buttons pressed elsewhere are changed here."""
    turn.toast = turn.texts.say(toast, **args)
    snapshot = await turn.store.lead_snapshot(lead_id)
    cards = {(thread.chat_id, thread.card_id) for thread in snapshot.threads} if snapshot else set()
    if (turn.chat_id, turn.desk_id) not in cards:
        await buttons_back(turn, lead_id)


async def _whom(turn: Turn, snapshot: LeadSnapshot) -> None:
    menu = hand_over_menu(snapshot, turn.reader)
    if menu:
        await show_buttons(turn, menu, "menu-hand-over")
    else:
        turn.toast, turn.alert = turn.texts.say("menu-nobody"), True
