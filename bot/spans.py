"""Formatting: Telegram's entities and our spans. Both count UTF-16 code units."""

from __future__ import annotations

from collections.abc import Iterable

from aiogram.types import MessageEntity

from leads.events import Span

# https://core.telegram.org/bots/api#messageentity; links that apps find by themselves are not here.
_OURS = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strikethrough",
    "spoiler": "spoiler",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
    "code": "code",
    "pre": "pre",
    "text_link": "link",
}
_THEIRS = {"link": "text_link"}


def spans_of(entities: Iterable[MessageEntity] | None) -> tuple[Span, ...]:
    """What a person marked in a text."""
    return tuple(
        Span(_OURS[each.type], each.offset, each.length, each.url or "", each.language or "")
        for each in entities or ()
        if each.type in _OURS
    )


def entities_of(spans: Iterable[Span]) -> list[MessageEntity]:
    return [
        MessageEntity(
            type=_THEIRS.get(each.kind, each.kind),
            offset=each.offset,
            length=each.length,
            url=each.url or None,
            language=each.language or None,
        )
        for each in spans
    ]
