"""What a view is written for, and what it is written on."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from aiogram.utils.formatting import BlockQuote, ExpandableBlockQuote, Text

from bot.spans import entities_of
from leads.changes import Rules
from leads.events import Capabilities, Span
from leads.model import Manager
from leads.split import split, utf16_len
from texts import Texts, catalogue

LIMIT = 4096
"""of a message, in UTF-16 units"""
CAPTION_LIMIT = 1024
_SHORT_QUOTE = 400
# Drawn as nothing although Unicode counts them as letters or symbols.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: in which language, in which zone, when; and what the channels can do."""

    texts: Texts
    zone: str
    now: datetime
    can: Mapping[str, Capabilities] = field(default_factory=dict)

    def say(self, key: str, **args: object) -> str:
        return self.texts.say(key, **args)

    def clock(self, at: datetime) -> str:
        return self.texts.clock(at, self.zone, self.now)

    def moment(self, at: datetime) -> str:
        return self.texts.moment(at, self.zone, self.now)


def reader_for(manager: Manager | None, rules: Rules, now: datetime, language: str = "") -> Reader:
    """A manager's own language and zone, else `language`, else the company's."""
    tongue = (manager.language if manager else "") or language or rules.language
    zone = (manager.zone if manager else "") or rules.zone
    return Reader(catalogue(tongue), zone, now, rules.can)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message, and those that follow it because it would be too long."""

    text: str
    entities: tuple[MessageEntity, ...] = ()
    keyboard: InlineKeyboardMarkup | None = None
    more: tuple[Rendered, ...] = ()
    asks: bool = False
    """whether the reader's next words shall reply to it"""


def render(body: Text, keyboard: InlineKeyboardMarkup | None = None) -> Rendered:
    """Cut where Telegram's limit demands it; the buttons go under the first part."""
    text, entities = body.render()
    spans = [Span(str(one.type), one.offset, one.length, one.url or "") for one in entities]
    parts = [
        Rendered(part, tuple(entities_of(its))) for part, its in split(text, spans, LIMIT) if visible(part)
    ]
    first, *rest = parts or [Rendered("…")]
    return Rendered(first.text, first.entities, keyboard, tuple(rest))


def lines(*items: Text | str | None) -> Text:
    """One under the other. What is None or empty is left out; " " is a blank line between two others."""
    body: list[Text | str] = []
    blank = False
    for item in items:
        if item == " ":
            blank = bool(body)
        elif item:
            body += (["\n\n" if blank else "\n"] if body else []) + [item]
            blank = False
    return Text(*body)


def quote(text: str) -> Text:
    """A person's own words; folded when they are long."""
    short = utf16_len(text) <= _SHORT_QUOTE and text.count("\n") < 8
    return BlockQuote(text) if short else ExpandableBlockQuote(text)


def visible(text: str) -> bool:
    """Whether anything of it can be seen; Telegram refuses what cannot."""
    return any(
        unicodedata.category(char) not in {"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"} and char not in _BLANK
        for char in text
    )


def clip(text: str, limit: int) -> str:
    """One line of at most `limit` units, with … where something is missing."""
    line = " ".join(text.split())
    if utf16_len(line) <= limit:
        return line
    parts = split(line, (), limit - 1)
    return f"{parts[0][0].rstrip()}…"


def button(label: str, data: CallbackData, style: str | None = None) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=label, callback_data=data.pack(), style=style)


def keyboard(*rows: Sequence[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    """Empty rows are left out."""
    return InlineKeyboardMarkup(inline_keyboard=[list(row) for row in rows if row])
