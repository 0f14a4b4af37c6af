"""The buttons under a card, and the menus that take their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.callbacks import (
    Back,
    Close,
    CloseMenu,
    HandOver,
    Note,
    Remind,
    RemindMenu,
    Reopen,
    Take,
    Verdict,
    Via,
    When,
    Why,
)
from bot.views.outs import outs_of_lead
from bot.views.paper import Reader, button, clip, keyboard
from bot.views.ways import answerable, chosen, where
from leads.model import LeadState
from leads.ports import LeadSnapshot

T = TypeVar("T")

PRESETS = {
    When.HALF_HOUR: "button-30m",
    When.HOUR: "button-1h",
    When.THREE_HOURS: "button-3h",
    When.NINE: "button-9am",
}
REASONS = {
    Why.PRICE: "reason-price",
    Why.NOT_NOW: "reason-not_now",
    Why.COMPETITOR: "reason-competitor",
    Why.NO_ANSWER: "reason-no_answer",
    Why.NOT_OURS: "reason-not_ours",
}
_MOST = 40
"""managers in one menu; Telegram takes 100 buttons"""


def card_buttons(snapshot: LeadSnapshot, reader: Reader) -> InlineKeyboardMarkup:
    """Take stands there until somebody acts; a closed lead can be opened again."""
    lead, say = snapshot.lead, reader.say
    if not lead.open:
        return keyboard([button(f"🔄 {say('button-reopen')}", Reopen(lead=lead.id))])
    take = [button(f"✋ {say('button-take')}", Take(lead=lead.id), "success")]
    return keyboard(
        take if lead.state is not LeadState.ACTIVE else [],
        [
            button(f"↪️ {say('button-hand-over')}", HandOver(lead=lead.id)),
            button(f"⏰ {say('button-remind')}", RemindMenu(lead=lead.id)),
        ],
        [
            button(f"📝 {say('button-note')}", Note(lead=lead.id)),
            button(f"🏁 {say('button-close')}", CloseMenu(lead=lead.id)),
        ],
        *_other_ways(snapshot, reader),
        *outs_of_lead(snapshot, reader),
    )


def hand_over_menu(snapshot: LeadSnapshot, reader: Reader) -> InlineKeyboardMarkup | None:
    """Everybody else, those on shift first; None when there is nobody."""
    lead = snapshot.lead
    others = [one for one in snapshot.managers if one.id != lead.manager_id]
    if not others:
        return None
    others.sort(key=lambda one: not one.on_shift)
    people = [
        button(f"{'🟢' if one.on_shift else '🌙'} {clip(one.name, 40)}", HandOver(lead=lead.id, to=one.id))
        for one in others[:_MOST]
    ]
    return keyboard(*_pairs(people), _back(lead.id, reader))


def remind_menu(lead_id: int, reader: Reader) -> InlineKeyboardMarkup:
    presets = [
        button(reader.say(key), Remind(lead=lead_id, preset=preset)) for preset, key in PRESETS.items()
    ]
    return keyboard(*_pairs(presets), _back(lead_id, reader))


def close_menu(lead_id: int, reader: Reader) -> InlineKeyboardMarkup:
    say = reader.say
    return keyboard(
        [
            button(f"🏆 {say('button-won')}", Close(lead=lead_id, state=Verdict.WON), "success"),
            button(f"🌧 {say('button-lost')}", CloseMenu(lead=lead_id, lost=True)),
        ],
        [
            button(f"🗑 {say('button-spam')}", Close(lead=lead_id, state=Verdict.SPAM), "danger"),
            *_back(lead_id, reader),
        ],
    )


def lost_menu(lead_id: int, reader: Reader) -> InlineKeyboardMarkup:
    """Why it was lost."""
    reasons = [
        button(_capital(reader.say(key)), Close(lead=lead_id, state=Verdict.LOST, reason=why))
        for why, key in REASONS.items()
    ]
    none = button(reader.say("button-no-reason"), Close(lead=lead_id, state=Verdict.LOST))
    return keyboard(*_pairs([*reasons, none]), _back(lead_id, reader))


def _other_ways(snapshot: LeadSnapshot, reader: Reader) -> list[list[InlineKeyboardButton]]:
    ways, now = answerable(snapshot, reader), chosen(snapshot, reader)
    return [
        [
            button(
                f"💬 {reader.say('button-via', where=clip(where(each, snapshot, reader), 40))}",
                Via(lead=snapshot.lead.id, conversation=each.id),
            )
        ]
        for each in ways
        if now and each.id != now.id
    ]


def _back(lead_id: int, reader: Reader) -> list[InlineKeyboardButton]:
    return [button(f"‹ {reader.say('button-back')}", Back(lead=lead_id))]


def _pairs(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[at : at + 2] for at in range(0, len(items), 2)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
