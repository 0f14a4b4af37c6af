"""The vendors' chats as the playground's page draws them: the same JSON as for people on Telegram.

A message is named by its place in the chat: 1 is the first.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from sandbox.vendors.stage import Chat, Choice, Note
from sandbox.vendors.vendor import Vendor

NOTES_SHOWN = 200
HOOKS = ("edited", "deleted", "reacted", "was_read", "blocked")
Json = dict[str, Any]


def company(vendor: Vendor, name: str) -> Json:
    """The company as people see it at that vendor, what they can do there, and how it looks."""
    can = {hook: vendor.has(hook) for hook in HOOKS}
    return {
        "name": name,
        "username": "",
        "topics": False,
        "look": asdict(vendor.look),
        "can": can | {"sends": sorted(vendor.sends), "captions": vendor.captions},
    }


def persons(vendor: Vendor) -> list[Json]:
    return [_person(vendor, chat) for chat in vendor.stage.chats.values()]


def _person(vendor: Vendor, chat: Chat) -> Json:
    name = vendor.stage.name
    places = {note.id: place for place, note in enumerate(chat.notes, 1)}
    shown = list(enumerate(chat.notes, 1))[-NOTES_SHOWN:]
    return {
        "id": chat.person.id,
        "name": chat.person.name,
        "bot": name,
        "blocked": chat.blocked,
        "typing": chat.typing_at.isoformat() if chat.typing_at else None,
        "keyboard": [],
        "commands": [],
        "topics": [],
        "messages": [
            _message(chat, number, note)
            | {"reply_to": places.get(note.reply_to), "media": _media(name, chat, number, note)}
            for number, note in shown
        ],
    }


def _message(chat: Chat, number: int, note: Note) -> Json:
    mine = note.by == "customer"
    return {
        "id": number,
        "mine": mine,
        "author": chat.person.name if mine else "",
        "date": note.at.isoformat(),
        "edited": bool(note.former),
        "editable": mine and not note.deleted,
        "deleted": note.deleted,
        "read": mine and bool(chat.read_at and chat.read_at >= note.at),
        "fresh": not mine and note.state in {"sent", "delivered"},
        "thread": None,
        "service": None,
        "text": "" if note.deleted else note.text,
        "entities": [],
        "quote": "",
        "buttons": [] if note.deleted else [[_button(choice)] for choice in note.buttons],
        "reactions": [
            {"emoji": emoji, "mine": by == "customer"} for by, emoji in note.reactions.items() if emoji
        ],
    }


def _button(choice: Choice) -> Json:
    """A press names the button by its words, as `Vendor.presses` takes them."""
    return {"text": choice.text, "data": choice.text, "url": choice.url or None, "style": None, "copy": None}


def _media(vendor: str, chat: Chat, number: int, note: Note) -> Json | None:
    file = note.media
    if not file or note.deleted:
        return None
    facts = file.facts
    place = f"{facts['latitude']}, {facts['longitude']}" if file.kind == "location" else ""
    return {
        "kind": "document" if file.kind == "file" else file.kind,
        "name": facts.get("name", "") if file.kind == "contact" else file.name,
        "size": len(file.data),
        "note": place or facts.get("phone", ""),
        "url": f"phone/{vendor}/{number}?{urlencode({'who': chat.person.id})}" if file.data else None,
    }
