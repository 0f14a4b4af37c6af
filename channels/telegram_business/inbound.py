"""Reads what happens in the private chats of a connected account.

Source: https://core.telegram.org/bots/api#update (business_connection and below)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from channels.kit.contract import Ignored, Item, Source
from channels.kit.telegram_api import token
from channels.kit.telegram_pressing import clicked
from channels.kit.telegram_reading import Reader, foreign, of_chat, read_update, why_not, written
from channels.kit.telegram_schema import CallbackQuery
from channels.telegram_business import place
from channels.telegram_business.schema import BusinessMessage, Connection, Deleted
from leads.events import Call, Inbound, Kind

UPDATES = (
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "callback_query",
)
# What is written to the bot itself: nobody is told of this bot, and its owner needs no lead.
_OTHER_CHAT = "chat_with_the_bot"
_IGNORED = dict.fromkeys(("message", "edited_message", "my_chat_member", "message_reaction"), _OTHER_CHAT)


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Read one update."""
    us = token(source).partition(":")[0]
    readers: dict[str, Reader] = {
        "business_message": partial(_message, us),
        "edited_business_message": _edited,
        "deleted_business_messages": _deleted,
        "callback_query": _clicked,
        "business_connection": _connection,
    }
    return read_update(call, readers, _IGNORED)


def _message(us: str, event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    message = BusinessMessage.model_validate(raw)
    if why := why_not(raw, message) or _our_doing(us, message):
        return [Ignored(why)]
    item = _in_its_place(event_id, raw, message, Kind.MESSAGE)
    if not _is_owners(message):
        return [item]
    return [replace(item, kind=Kind.ECHO, sender=of_chat(message.chat))]


def _our_doing(us: str, message: BusinessMessage) -> str:
    """What comes back of our own answers, and what nobody has written."""
    bot = message.sender_business_bot
    if bot and str(bot.id) == us:
        return "own_message"
    # A greeting or an away message is no answer: the customer still waits for one.
    return "automatic_message" if message.is_from_offline and _is_owners(message) else ""


def _edited(event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    message = BusinessMessage.model_validate(raw)
    why = why_not(raw, message) or ("own_edit" if _is_owners(message) else "")
    return [Ignored(why) if why else _in_its_place(event_id, raw, message, Kind.EDIT)]


def _in_its_place(event_id: str, raw: Mapping[str, Any], message: BusinessMessage, kind: Kind) -> Inbound:
    conv = place.name(message.business_connection_id, message.chat.id)
    return replace(written(event_id, raw, message, kind), conv=conv, thread=conv)


def _is_owners(message: BusinessMessage) -> bool:
    """A private chat has the id of the other person."""
    return message.from_ is not None and message.from_.id != message.chat.id


def _deleted(event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    gone = Deleted.model_validate(raw)
    if why := foreign(gone.chat, None) or ("" if gone.message_ids else "nothing_deleted"):
        return [Ignored(why)]
    conv = place.name(gone.business_connection_id, gone.chat.id)
    return [
        Inbound(
            kind=Kind.DELETE,
            sender=of_chat(gone.chat),
            conv=conv,
            event_id=f"{event_id}:{message_id}",
            thread=conv,
            message_id=str(message_id),
        )
        for message_id in gone.message_ids
    ]


def _clicked(event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    press = CallbackQuery.model_validate(raw)
    item = clicked(event_id, press)
    if press.message is None or not press.message.business_connection_id:
        return [Ignored(_OTHER_CHAT)]
    conv = place.name(press.message.business_connection_id, press.message.chat.id)
    return [replace(item, conv=conv, thread=conv) if isinstance(item, Inbound) else item]


def _connection(event_id: str, raw: Mapping[str, Any]) -> Sequence[Item]:
    """Counted by what it now is; what it forbids is told by the answer that it keeps back."""
    connection = Connection.model_validate(raw)
    if not connection.is_enabled:
        return [Ignored("account_disconnected")]
    silent = connection.rights is not None and not connection.rights.can_reply
    return [Ignored("account_without_can_reply" if silent else "account_connected")]
