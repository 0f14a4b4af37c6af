"""What is still possible when a reply cannot go: a template, another conversation, a call."""

from __future__ import annotations

from collections.abc import Sequence

from aiogram.types import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot.callbacks import PickTemplate, SendTemplate, SendVia, Templates
from bot.views.paper import Reader, button, clip, keyboard
from bot.views.ways import answerable, channel_name, shut, where
from leads.events import Capabilities, SendCode, Template
from leads.model import Conversation, Message, PointKind
from leads.normal import shown_phone
from leads.ports import LeadSnapshot
from leads.templates import key_of

Row = Sequence[InlineKeyboardButton]
PAGE = 20
"""templates in one menu"""
# The others are over soon, or are about the message itself.
_ELSEWHERE = {SendCode.WINDOW_CLOSED, SendCode.BLOCKED, SendCode.PERMANENT}


def outs_of_lead(snapshot: LeadSnapshot, reader: Reader) -> list[Row]:
    """Under a card that nobody can answer just now."""
    if answerable(snapshot, reader):
        return []
    over = [each for each in snapshot.conversations if shut(each, snapshot, reader) == "refused-window"]
    rows = [_templates(snapshot, each, reader) for each in over[:1]]
    return [*rows, _call(snapshot, reader) if over else []]


def outs_of_message(snapshot: LeadSnapshot, message: Message, reader: Reader) -> list[Row]:
    """Under the words about a reply that did not arrive."""
    if message.error not in _ELSEWHERE:
        return []
    own = next((each for each in snapshot.conversations if each.id == message.conversation_id), None)
    others = [each for each in answerable(snapshot, reader) if each.id != message.conversation_id]
    rows = [_templates(snapshot, own, reader)] if own and message.error == SendCode.WINDOW_CLOSED else []
    return [*rows, *([_via(snapshot, message, each, reader)] for each in others), _call(snapshot, reader)]


def templates_menu(
    snapshot: LeadSnapshot, way: Conversation, offered: Sequence[Template], reader: Reader, page: int = 0
) -> InlineKeyboardMarkup:
    """A page of the approved texts, each by its name and language."""
    lead = snapshot.lead.id
    here = offered[page * PAGE : (page + 1) * PAGE]
    picks = [
        [
            button(
                f"{clip(each.name, 40)} · {each.language}",
                PickTemplate(lead=lead, conversation=way.id, key=key_of(each)),
            )
        ]
        for each in here
    ]
    turn = [(page - 1, "button-previous")] if page else []
    turn += [(page + 1, "button-next")] if len(offered) > (page + 1) * PAGE else []
    pages = [button(reader.say(key), Templates(lead=lead, conversation=way.id, page=at)) for at, key in turn]
    return keyboard(*picks, pages)


def preview_buttons(lead: int, way: int, reader: Reader) -> InlineKeyboardMarkup:
    return keyboard(
        [button(f"📨 {reader.say('button-send')}", SendTemplate(lead=lead), "primary")],
        [button(reader.say("button-another-template"), Templates(lead=lead, conversation=way))],
    )


def _templates(snapshot: LeadSnapshot, way: Conversation, reader: Reader) -> Row:
    if not reader.can.get(way.channel, Capabilities()).templates:
        return []
    label = f"📋 {reader.say('button-templates')} · {channel_name(way.channel, reader)}"
    return [button(label, Templates(lead=snapshot.lead.id, conversation=way.id))]


def _via(snapshot: LeadSnapshot, message: Message, way: Conversation, reader: Reader) -> InlineKeyboardButton:
    label = f"💬 {reader.say('button-send-via', where=clip(where(way, snapshot, reader), 40))}"
    return button(label, SendVia(message=message.id, conversation=way.id))


def _call(snapshot: LeadSnapshot, reader: Reader) -> Row:
    """Telegram's buttons cannot dial."""
    phone = next((each.value for each in snapshot.points if each.kind is PointKind.PHONE), "")
    if not phone:
        return []
    label = f"☎️ {reader.say('button-call', phone=shown_phone(phone))}"
    return [InlineKeyboardButton(text=label, copy_text=CopyTextButton(text=phone))]
