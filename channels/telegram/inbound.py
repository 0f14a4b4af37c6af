"""Reads what Telegram tells us: the proof, and one update per call.

Source: https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from channels.kit.contract import Ignored, Item, Source, Unreadable
from channels.kit.errors import Malformed
from channels.kit.reading import parse_json
from channels.kit.verify import require_secret
from channels.telegram.content import SERVICE, attachments, is_own, rest
from channels.telegram.schema import CallbackQuery, Chat, MemberUpdated, Message, Reaction, Update, User
from channels.telegram.settings import Settings
from leads.events import Attribution, Call, Inbound, Kind, Sender

HEADER = "x-telegram-bot-api-secret-token"

# https://core.telegram.org/bots/features#deep-linking
_START = re.compile(r"/start[ ]+([A-Za-z0-9_-]{1,64})")


def verify(source: Source, call: Call) -> None:
    """The secret that we gave to setWebhook comes back in a header."""
    settings: Settings = source.settings
    require_secret(call, HEADER, settings.secret.get_secret_value())


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Read one update. Whatever cannot be read is Telegram's word all the same, so it is parked."""
    try:
        return [_read(parse_json(call.body))]
    except Malformed as error:
        return [Unreadable(call.body, str(error))]
    except ValidationError as error:
        return [Unreadable(call.body, _where(error))]


def _where(error: ValidationError) -> str:
    """The first thing that did not fit, without a word of what the customer wrote."""
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'update'}: {first['msg']}"


def _read(update: Any) -> Item:
    event_id = str(Update.model_validate(update).update_id)
    for key, reader in _READERS.items():
        if key in update:
            return reader(event_id, update[key])
    return Ignored(next((why for key, why in _IGNORED.items() if key in update), "unknown_update"))


def _message(event_id: str, raw: Mapping[str, Any], kind: Kind = Kind.MESSAGE) -> Item:
    message = Message.model_validate(raw)
    why = _foreign(message.chat, message.from_)
    if why or not SERVICE.isdisjoint(raw):
        return Ignored(why or "service_message")
    text, payload = _start(message.text or message.caption)
    at = (message.edit_date or message.date) if kind is Kind.EDIT else message.date
    return Inbound(
        kind=kind,
        sender=_writer(message),
        conv=str(message.chat.id),
        event_id=event_id,
        thread=str(message.chat.id),
        message_id=str(message.message_id),
        text=text,
        attachments=attachments(message),
        reply_to=str(message.reply_to_message.message_id) if message.reply_to_message else "",
        fields=rest(raw, message),
        attribution=Attribution(payload=payload),
        at=_aware(at),
    )


def _edited(event_id: str, raw: Mapping[str, Any]) -> Item:
    return _message(event_id, raw, Kind.EDIT)


def _clicked(event_id: str, raw: Mapping[str, Any]) -> Item:
    click = CallbackQuery.model_validate(raw)
    if why := _foreign(click.message.chat if click.message else None, click.from_):
        return Ignored(why)
    return Inbound(
        kind=Kind.CLICK,
        sender=_person(click.from_),
        conv=str(click.from_.id),
        event_id=event_id,
        thread=str(click.from_.id),
        message_id=str(click.message.message_id) if click.message else "",
        text=click.data,
    )


def _member(event_id: str, raw: Mapping[str, Any]) -> Item:
    """In a private chat this comes "only when the bot is blocked or unblocked by the user"."""
    change = MemberUpdated.model_validate(raw)
    kind = {"kicked": Kind.BLOCKED, "member": Kind.UNBLOCKED}.get(change.new_chat_member.status)
    if why := _foreign(change.chat, change.from_) or ("" if kind else "other_membership"):
        return Ignored(why)
    assert kind is not None  # noqa: S101  (told apart above)
    return Inbound(
        kind=kind,
        sender=_person(change.from_),
        conv=str(change.chat.id),
        event_id=event_id,
        thread=str(change.chat.id),
        at=_aware(change.date),
    )


def _reacted(event_id: str, raw: Mapping[str, Any]) -> Item:
    change = Reaction.model_validate(raw)
    if why := _foreign(change.chat, change.user):
        return Ignored(why)
    custom = [reaction.custom_emoji_id for reaction in change.new_reaction if reaction.custom_emoji_id]
    return Inbound(
        kind=Kind.REACTION,
        sender=_person(change.user) if change.user else _of_chat(change.chat),
        conv=str(change.chat.id),
        event_id=event_id,
        thread=str(change.chat.id),
        message_id=str(change.message_id),
        # A custom or paid emoji has no character of its own; empty would mean "withdrawn".
        text="".join(reaction.emoji or "⭐" for reaction in change.new_reaction),
        fields={"custom_emoji_id": " ".join(custom)} if custom else {},
        at=_aware(change.date),
    )


_READERS: dict[str, Callable[[str, Mapping[str, Any]], Item]] = {
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


def _foreign(chat: Chat | None, user: User | None) -> str:
    """Why this is not a customer talking to us, or nothing."""
    if chat and chat.type != "private":
        return "group_chat"
    return "from_bot" if user and user.is_bot else ""


def _start(text: str) -> tuple[str, str]:
    """The text as the person sees it, and the payload of the link that was opened."""
    deep = _START.fullmatch(text)
    return ("/start", deep[1]) if deep else (text, "")


def _writer(message: Message) -> Sender:
    if message.from_ is None:
        return _of_chat(message.chat)
    own = message.contact if message.contact and is_own(message.contact, message) else None
    return _person(message.from_, own.phone_number if own else "")


def _person(user: User, phone: str = "") -> Sender:
    return Sender(
        external_id=str(user.id),
        name=f"{user.first_name} {user.last_name}".strip(),
        username=user.username,
        phone=phone,
        language=user.language_code,
    )


def _of_chat(chat: Chat) -> Sender:
    """A private chat has the id and the name of its person."""
    name = f"{chat.first_name} {chat.last_name}".strip()
    return Sender(external_id=str(chat.id), name=name, username=chat.username)


def _aware(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
