"""Reads what Telegram tells us: the proof, and one update per call.

Source: https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from channels.kit.contract import Ignored, Item, Source
from channels.kit.parking import or_parked
from channels.kit.reading import parse_json
from channels.kit.telegram_content import SERVICE, attachments, is_own, rest
from channels.kit.telegram_schema import Chat, Message, Update, User
from channels.kit.verify import require_secret
from leads.events import Call, Inbound, Kind, Sender

HEADER = "x-telegram-bot-api-secret-token"

# Reads what stands under one key of an update; the text is the event's id.
Reader = Callable[[str, Mapping[str, Any]], Sequence[Item]]


def verify(source: Source, call: Call) -> None:
    """The secret that we gave to setWebhook comes back in a header."""
    require_secret(call, HEADER, source.settings.secret.get_secret_value())


def read_update(call: Call, readers: Mapping[str, Reader], others: Mapping[str, str]) -> Sequence[Item]:
    """Read one update. Whatever cannot be read is Telegram's word all the same, so it is parked.

    `others` says why an update of another kind is ignored.
    """
    return or_parked(partial(_read, readers, others), call.body, "update")


def _read(readers: Mapping[str, Reader], others: Mapping[str, str], body: bytes) -> Sequence[Item]:
    update = parse_json(body)
    event_id = str(Update.model_validate(update).update_id)
    for key, reader in readers.items():
        if key in update:
            return reader(event_id, update[key])
    return [Ignored(next((why for key, why in others.items() if key in update), "unknown_update"))]


def why_not(raw: Mapping[str, Any], message: Message) -> str:
    """Why a message is nothing that a customer told us, or nothing."""
    return foreign(message.chat, message.from_) or ("" if SERVICE.isdisjoint(raw) else "service_message")


def written(event_id: str, raw: Mapping[str, Any], message: Message, kind: Kind) -> Inbound:
    """A message or its edit, in the chat with its writer."""
    at = (message.edit_date or message.date) if kind is Kind.EDIT else message.date
    return Inbound(
        kind=kind,
        sender=_writer(message),
        conv=str(message.chat.id),
        event_id=event_id,
        thread=str(message.chat.id),
        message_id=str(message.message_id),
        text=message.text or message.caption,
        attachments=attachments(message),
        reply_to=str(message.reply_to_message.message_id) if message.reply_to_message else "",
        fields=rest(raw, message),
        at=aware(at),
    )


def foreign(chat: Chat | None, user: User | None) -> str:
    """Why this is not a customer talking to us, or nothing."""
    if chat and chat.type != "private":
        return "group_chat"
    return "from_bot" if user and user.is_bot else ""


def _writer(message: Message) -> Sender:
    if message.from_ is None:
        return of_chat(message.chat)
    own = message.contact if message.contact and is_own(message.contact, message) else None
    return person(message.from_, own.phone_number if own else "")


def person(user: User, phone: str = "") -> Sender:
    return Sender(
        external_id=str(user.id),
        name=f"{user.first_name} {user.last_name}".strip(),
        username=user.username,
        phone=phone,
        language=user.language_code,
    )


def of_chat(chat: Chat) -> Sender:
    """A private chat has the id and the name of its person."""
    name = f"{chat.first_name} {chat.last_name}".strip()
    return Sender(external_id=str(chat.id), name=name, username=chat.username)


def aware(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
