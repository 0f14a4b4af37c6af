"""Templates: the list, the values that one of them needs, the preview, and sending it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from bot.callbacks import PickTemplate, SendTemplate, Templates
from bot.handlers.buttons import show_buttons
from bot.turn import Turn
from bot.views.outs import templates_menu
from leads import desk, reply
from leads.changes import ToManager, View
from leads.errors import Refused
from leads.events import SendError, Template
from leads.journal import Word
from leads.model import Conversation, Data, DeskMessage, DeskUse
from leads.ports import LeadSnapshot
from leads.templates import blanks, filled, key_of, template_of


def router() -> Router:
    templates = Router(name="templates")
    templates.callback_query.register(menu, Templates.filter())
    templates.callback_query.register(pick, PickTemplate.filter())
    templates.callback_query.register(send, SendTemplate.filter())
    templates.message.register(fill, _answers_question)
    return templates


async def menu(query: CallbackQuery, callback_data: Templates, turn: Turn) -> None:
    snapshot, way = await _where(turn, callback_data)
    offered = await _offered(turn, way)
    if offered:
        page = max(0, callback_data.page)
        await show_buttons(turn, templates_menu(snapshot, way, offered, turn.reader, page), "menu-template")
    else:
        turn.toast, turn.alert = turn.texts.say("templates-none"), True


async def pick(query: CallbackQuery, callback_data: PickTemplate, turn: Turn) -> None:
    snapshot, way = await _where(turn, callback_data)
    picked = (each for each in await _offered(turn, way) if key_of(each) == callback_data.key)
    template = next(picked, None)
    if template:
        await turn.answer(_row(turn, snapshot.lead.id, way.id, replace(template, params=())))
    else:
        turn.toast, turn.alert = turn.texts.say("template-gone"), True


async def fill(message: Message, turn: Turn, question: DeskMessage) -> None:
    """The values, one a line, in answer to the question."""
    asked = await _asked(turn, question)
    values = tuple(line.strip() for line in (message.text or "").splitlines() if line.strip())
    if asked is None:
        await turn.answer(turn.say("template-gone"))
        return
    template = template_of(asked["template"])
    if len(values) != blanks(template):
        await turn.answer(turn.say("template-count", count=blanks(template), given=len(values)))
        return
    await turn.answer(_row(turn, question.lead_id, int(asked["via"]), replace(template, params=values)))


async def send(query: CallbackQuery, callback_data: SendTemplate, turn: Turn) -> None:
    place = await turn.store.desk_message(turn.chat_id, turn.desk_id or 0)
    asked = await _asked(turn, place) if place and place.use is DeskUse.QUESTION else None
    if place is None or asked is None:
        turn.toast, turn.alert = turn.texts.say("template-gone"), True
        return
    template = template_of(asked["template"])
    draft = reply.Draft(
        filled(template),
        place.chat_id,
        place.desk_id,
        topic_id=place.topic_id,
        template=template,
        via=int(asked["via"]),
    )
    await reply.send(turn.store, turn.act(), callback_data.lead, draft)
    await show_buttons(turn, None, "template-sent")


async def _where(turn: Turn, asked: Templates | PickTemplate) -> tuple[LeadSnapshot, Conversation]:
    snapshot = await desk.opened(turn.store, turn.asking, asked.lead, own=True)
    way = next((each for each in snapshot.conversations if each.id == asked.conversation), None)
    if way is None:
        raise Refused("refused-no-way", phone="", email="")
    return snapshot, way


async def _offered(turn: Turn, way: Conversation) -> Sequence[Template]:
    try:
        return await turn.desk.templates(way.source_id)
    except SendError as error:
        raise Refused("refused-templates", detail=error.detail) from None


def _row(turn: Turn, lead: int, via: int, template: Template) -> ToManager:
    return turn.row(View.TEMPLATE, lead, via=via, template=asdict(template))


async def _answers_question(message: Message, turn: Turn) -> bool | dict[str, Any]:
    place = await turn.store.desk_message(turn.chat_id, turn.quoted) if turn.quoted else None
    return {"question": place} if place and place.use is DeskUse.QUESTION else False


async def _asked(turn: Turn, place: DeskMessage) -> Data | None:
    """Which template that message is about."""
    here = {"chat": place.chat_id, "desk_id": place.desk_id}
    for entry in reversed(await turn.store.journal(place.lead_id)):
        if entry.kind == Word.TEMPLATE and here.items() <= entry.data.items():
            return entry.data
    return None
