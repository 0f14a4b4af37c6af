"""Events of a private dialogue with the community.

Source: https://dev.vk.com/ru/reference/objects/message
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.kit.contract import Ignored
from channels.kit.tolerant import at_second
from channels.vk import buttons
from channels.vk.content import as_text, of_message
from channels.vk.schema import Message, Permission, Pressed, Reacted, Read
from leads.events import Attribution, Inbound, Kind, Sender

GROUP_CHATS = 2_000_000_000  # peers from here on are chats of several people

# lang_id; what the other numbers mean is told nowhere that we found
LANGUAGES = {0: "ru", 3: "en"}


def written(told: Mapping[str, Any]) -> Inbound | Ignored:
    """Before version 5.103 the message was the object itself."""
    raw = told.get("message", told)
    message = Message.model_validate(raw)
    if why := _foreign(message.peer_id, message.from_id, message.out):
        return Ignored(why)
    return _message(message, Kind.MESSAGE, _language(told.get("client_info")))


def edited(told: Mapping[str, Any]) -> Inbound | Ignored:
    """Ours come too."""
    message = Message.model_validate(told)
    why = _foreign(message.peer_id, message.from_id, message.out)
    return Ignored(why) if why else _message(message, Kind.EDIT)


def echoed(told: Mapping[str, Any]) -> Inbound | Ignored:
    """Whatever the community wrote: in VK itself, by another program, or by us."""
    message = Message.model_validate(told)
    if not 0 < message.peer_id < GROUP_CHATS:
        return Ignored("group_chat")
    if buttons.is_own(message.payload):
        return Ignored("own_message")
    return _message(message, Kind.ECHO)


def pressed(told: Mapping[str, Any]) -> Inbound | Ignored:
    """A callback button. We make none of these, but another program of the community may."""
    press = Pressed.model_validate(told)
    if why := _foreign(press.peer_id, press.user_id, 0):
        return Ignored(why)
    data = buttons.pressed(press.payload)
    return _event(
        Kind.CLICK,
        press.user_id,
        message_id=_id(press.conversation_message_id),
        text=as_text(press.payload) if data is None else data,
    )


def read(told: Mapping[str, Any]) -> Inbound | Ignored:
    """The person has read all up to this message of ours."""
    mark = Read.model_validate(told)
    if why := _foreign(mark.peer_id, mark.from_id, 0):
        return Ignored(why)
    return _event(Kind.STATUS, mark.from_id, message_id=str(mark.conversation_message_id), text="read")


def reacted(told: Mapping[str, Any]) -> Inbound | Ignored:
    """VK tells a number; which picture it stands for is written nowhere, so it is a star."""
    reaction = Reacted.model_validate(told)
    if why := _foreign(reaction.peer_id, reaction.reacted_id, 0):
        return Ignored(why)
    number = _id(reaction.reaction_id)
    return _event(
        Kind.REACTION,
        reaction.reacted_id,
        message_id=str(reaction.cmid),
        text="⭐" if number else "",
        fields={"reaction_id": number} if number else {},
    )


def allowed(told: Mapping[str, Any]) -> Inbound | Ignored:
    """The person lets us write; `key` is what the site's widget passed on."""
    permission = Permission.model_validate(told)
    return _event(Kind.UNBLOCKED, permission.user_id, attribution=Attribution(payload=permission.key))


def denied(told: Mapping[str, Any]) -> Inbound | Ignored:
    """The person forbids it."""
    return _event(Kind.BLOCKED, Permission.model_validate(told).user_id)


def _event(kind: Kind, peer_id: int, language: str = "", **more: Any) -> Inbound:
    """A private dialogue has the id of its person; of an echo that is the other side."""
    who = str(peer_id)
    return Inbound(kind, Sender(external_id=who, language=language), conv=who, thread=who, **more)


def _message(message: Message, kind: Kind, language: str = "") -> Inbound:
    attachments, fields = of_message(message)
    data = buttons.pressed(message.payload) if kind is Kind.MESSAGE else None
    if data is None and message.payload:
        fields["payload"] = as_text(message.payload)
    if message.admin_author_id:
        fields["admin_author_id"] = str(message.admin_author_id)
    if data is not None:
        kind, fields = Kind.CLICK, fields | {"title": message.text}
    return _event(
        kind,
        message.peer_id,
        language,
        message_id=_id(message.conversation_message_id),
        text=message.text if data is None else data,
        attachments=attachments,
        reply_to=_id(message.reply_message.conversation_message_id) if message.reply_message else "",
        fields=fields,
        attribution=_attribution(message),
        at=at_second(message.update_time or message.date) if kind is Kind.EDIT else at_second(message.date),
    )


def _language(client: Any) -> str:
    number = client.get("lang_id") if isinstance(client, Mapping) else None
    return LANGUAGES.get(number, "") if isinstance(number, int) else ""


def _attribution(message: Message) -> Attribution:
    """https://vk.me/<community>?ref=…&ref_source=…"""
    source = {"ref_source": message.ref_source} if message.ref_source else {}
    return Attribution(params=source, payload=message.ref)


def _foreign(peer_id: int, from_id: int, out: int | None) -> str:
    """Why this is not a customer talking to us, or nothing."""
    if peer_id >= GROUP_CHATS:
        return "group_chat"
    if out or from_id < 0 or from_id != peer_id:
        return "own_message"
    return ""


def _id(number: int | None) -> str:
    """The ids of a dialogue count within it; the other ids that VK has are 0 for communities at times."""
    return str(number) if number else ""
