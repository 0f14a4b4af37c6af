"""Snapshots and readers for the views, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiogram.types import InlineKeyboardMarkup

from bot.views.paper import Reader, Rendered
from leads.events import Attribution, Capabilities
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    Direction,
    Identity,
    Lead,
    LeadState,
    Manager,
    Message,
    PointKind,
    Role,
)
from leads.ports import LeadSnapshot
from texts import catalogue

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
CAN = {
    "telegram": Capabilities(text_limit=4096, edits=True),
    "whatsapp": Capabilities(),
    "web_form": Capabilities(answers=False),
}
ANN = Manager(1, 501, "Ann")
BOB = Manager(2, 502, "Bob", on_shift=False)
EVE = Manager(3, 503, "Eve", Role.HEAD)
PHONE = ContactPoint(1, 1, PointKind.PHONE, "+37120001122")
EMAIL = ContactPoint(2, 1, PointKind.EMAIL, "clara@example.com")
CHAT = Conversation(1, 1, 8, "telegram", "77", "77", NOW, 1, NOW)
FORM = Conversation(2, 1, 9, "web_form", "clara", "", NOW, None, NOW)


def reader(language: str = "en", **changes: Any) -> Reader:
    return replace(Reader(catalogue(language), "Europe/Riga", NOW, CAN), **changes)


def message(text: str = "Hello, how much is a shed?", **changes: Any) -> Message:
    return replace(Message(5, 12, Direction.IN, NOW, conversation_id=1, text=text), **changes)


def snapshot(
    *,
    lead: dict[str, Any] | None = None,
    contact: dict[str, Any] | None = None,
    first: Message | None = None,
    **changes: Any,
) -> LeadSnapshot:
    base = Lead(12, 1, 8, "telegram", LeadState.ASSIGNED, NOW, 1, unanswered_since=NOW, last_in_at=NOW)
    made = LeadSnapshot(
        replace(base, **(lead or {})),
        replace(Contact(1, "Clara Oswald", NOW, NOW), **(contact or {})),
        points=(PHONE, EMAIL),
        identities=(Identity(1, 1, "telegram", 8, "77", NOW, "Clara", "clara_o"),),
        conversations=(CHAT,),
        threads=(),
        reminders=(),
        managers=(ANN, BOB, EVE),
        first_message=first or message(),
        last_message=first or message(),
        sources={8: "shop", 9: "main-site"},
    )
    return replace(made, **changes)


def marked(rendered: Rendered, kind: str) -> list[str]:
    """The parts of a text that carry this formatting, cut as Telegram does: by UTF-16 units."""
    raw = rendered.text.encode("utf-16-le")
    return [
        raw[2 * each.offset : 2 * (each.offset + each.length)].decode("utf-16-le")
        for each in rendered.entities
        if each.type == kind
    ]


def labels(keyboard: InlineKeyboardMarkup | None) -> list[str]:
    return [each.text for row in keyboard.inline_keyboard for each in row] if keyboard else []


def whole(rendered: Rendered) -> str:
    """Everything that is shown, without white space, which Telegram trims at the ends of messages."""
    return "".join("".join(each.text.split()) for each in (rendered, *rendered.more))


TOUCH = Attribution(
    {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring sale", "gclid": "Cj0" * 30},
    page="https://example.com/sheds?utm_source=google&id=42#top",
    referrer="https://www.google.com/",
)
