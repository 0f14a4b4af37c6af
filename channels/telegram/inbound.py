"""Reads what customers do in the chat with our bot.

Source: https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from channels.kit.contract import Ignored, Item, Source
from channels.kit.telegram_pressing import clicked
from channels.kit.telegram_reading import (
    Reader,
    aware,
    foreign,
    of_chat,
    person,
    read_update,
    why_not,
    written,
)
from channels.kit.telegram_schema import CallbackQuery, MemberUpdated, Message, Reaction
from leads.events import Attribution, Call, Inbound, Kind

# https://core.telegram.org/bots/features#deep-linking
_START = re.compile(r"/start[ ]+([A-Za-z0-9_-]{1,64})")


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Read one update."""
    return read_update(call, _READERS, _IGNORED)


def _message(event_id: str, raw: Mapping[str, Any], kind: Kind = Kind.MESSAGE) -> Sequence[Item]:
    message = Message.model_validate(raw)
    if why := why_not(raw, message):
        return [Ignored(why)]
    item = written(event_id, raw, message, kind)
    deep = _START.fullmatch(item.text)
    # The text as the person sees it, and the payload of the link that was opened.
    return [replace(item, text="/start", attribution=Attribution(payload=deep[1])) if deep else item]


def _edited(event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    return _message(event_id, raw, Kind.EDIT)


def _clicked(event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    return [clicked(event_id, CallbackQuery.model_validate(raw))]


def _member(event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    """In a private chat this comes "only when the bot is blocked or unblocked by the user"."""
    change = MemberUpdated.model_validate(raw)
    kind = {"kicked": Kind.BLOCKED, "member": Kind.UNBLOCKED}.get(change.new_chat_member.status)
    why = foreign(change.chat, change.from_)
    if why or kind is None:
        return [Ignored(why or "other_membership")]
    return [
        Inbound(
            kind=kind,
            sender=person(change.from_),
            conv=str(change.chat.id),
            event_id=event_id,
            thread=str(change.chat.id),
            at=aware(change.date),
        )
    ]


def _reacted(event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    change = Reaction.model_validate(raw)
    if why := foreign(change.chat, change.user):
        return [Ignored(why)]
    custom = [reaction.custom_emoji_id for reaction in change.new_reaction if reaction.custom_emoji_id]
    return [
        Inbound(
            kind=Kind.REACTION,
            sender=person(change.user) if change.user else of_chat(change.chat),
            conv=str(change.chat.id),
            event_id=event_id,
            thread=str(change.chat.id),
            message_id=str(change.message_id),
            # A custom or paid emoji has no character of its own; empty would mean "withdrawn".
            text="".join(reaction.emoji or "⭐" for reaction in change.new_reaction),
            fields={"custom_emoji_id": " ".join(custom)} if custom else {},
            at=aware(change.date),
        )
    ]


_READERS: dict[str, Reader] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _clicked,
    "my_chat_member": _member,
    "message_reaction": _reacted,
}
UPDATES = tuple(_READERS)  # what we ask Telegram for; reactions are not in its default set

_IGNORED = {
    "channel_post": "channel_post",
    "edited_channel_post": "channel_post",
    "business_connection": "business",  # a channel of its own
    "business_message": "business",
    "edited_business_message": "business",
    "deleted_business_messages": "business",
}
