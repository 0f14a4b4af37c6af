"""Telegram's rules about texts, captions and buttons that aiogram's models do not know."""

from __future__ import annotations

from typing import Any

from aiogram.client.default import Default
from aiogram.enums import MessageEntityType
from aiogram.types import (
    ForceReply,
    InlineKeyboardMarkup,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from sandbox import html
from sandbox.errors import NotImplementedHere, Refused
from sandbox.model import Json
from sandbox.text import clean, utf16_length

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
CALLBACK_DATA_BYTES = 64
_KINDS = frozenset(MessageEntityType)
_SCHEMES = ("http://", "https://", "tg://", "ton://")


def given(source: Any, name: str) -> Any:
    """A parameter's value, or None when the caller left it to the default."""
    value = getattr(source, name, None)
    return None if isinstance(value, Default) else value


def written(source: Any) -> Json:
    """`text` and `entities` of a message."""
    text, entities = formatted(source.text or "", given(source, "parse_mode"), given(source, "entities"))
    if not text:
        raise Refused("message text is empty")
    if utf16_length(text) > TEXT_LIMIT:
        raise Refused("message is too long")
    return {"text": text, "entities": entities or None}


def captioned(source: Any) -> Json:
    """`caption` and `caption_entities`, both None without a caption."""
    mode = given(source, "parse_mode")
    text, entities = formatted(given(source, "caption") or "", mode, given(source, "caption_entities"))
    if utf16_length(text) > CAPTION_LIMIT:
        raise Refused("message caption is too long")
    return {"caption": text or None, "caption_entities": entities or None}


def formatted(text: str, mode: str | None, entities: list[MessageEntity] | None) -> tuple[str, list[Json]]:
    """Parsed, cleaned and trimmed as Telegram stores it; `mode` goes before `entities`."""
    text = clean(text)
    if not mode:
        plain = [entity.model_dump(exclude_none=True, mode="json") for entity in entities or ()]
        return _trimmed(text, checked(text, plain))
    if mode.lower() in ("markdown", "markdownv2"):
        raise NotImplementedHere(f"parse_mode {mode}")
    if mode.lower() != "html":
        raise Refused("unsupported parse_mode")
    return _trimmed(*html.parse(text))


def checked(text: str, entities: list[Json]) -> list[Json]:
    """Entities that lie inside the text and cut no character in two."""
    length, inside = utf16_length(text), _low_surrogates(text)
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if entity["type"] not in _KINDS:
            raise Refused(f"can't parse MessageEntity: unsupported type {entity['type']}")
        if start < 0:
            raise Refused(f"receive an entity with incorrect offset {start}")
        if entity["length"] < 0:
            raise Refused(f"receive an entity with incorrect length {entity['length']}")
        if end > length:
            where = (
                f"beginning at UTF-16 offset {start} ends after the end of the text at UTF-16 offset {end}"
            )
            raise Refused(f"entity {where}")
        if start in inside or end in inside:
            raise Refused(f"entity begins or ends in a middle of a UTF-16 symbol at UTF-16 offset {start}")
    return sorted((e for e in entities if e["length"]), key=lambda e: (e["offset"], -e["length"]))


def _low_surrogates(text: str) -> set[int]:
    if text.isascii():
        return set()
    found, offset = set(), 0
    for character in text:
        if character > "\uffff":
            found.add(offset + 1)
            offset += 1
        offset += 1
    return found


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without the white space around it, entities moved along."""
    stripped = text.strip()
    if len(stripped) == len(text):
        return text, entities
    lead, length = utf16_length(text) - utf16_length(text.lstrip()), utf16_length(stripped)
    moved = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        end = min(length, entity["offset"] + entity["length"] - lead)
        if start < end:
            moved.append(entity | {"offset": start, "length": end - start})
    return stripped, moved


Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | ForceReply


def inline(markup: Markup | None) -> Json | None:
    """An inline keyboard as the message will carry it; None for none, or for another kind of markup."""
    if not isinstance(markup, InlineKeyboardMarkup) or not any(markup.inline_keyboard):
        return None
    for row in markup.inline_keyboard:
        for button in row:
            _check_button(button.model_dump(exclude_none=True, exclude={"style", "icon_custom_emoji_id"}))
    return markup.model_dump(exclude_none=True, mode="json")


def _check_button(button: Json) -> None:
    data, url = button.get("callback_data"), button.get("url")
    if not button["text"].strip() or len(button) == 1:
        raise Refused("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(button) > 2:
        raise Refused("can't parse inline keyboard button: exactly one action is allowed")
    if data is not None and not 1 <= len(data.encode()) <= CALLBACK_DATA_BYTES:
        raise Refused("BUTTON_DATA_INVALID")
    if url is not None and not url.lower().startswith(_SCHEMES):
        raise Refused(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
