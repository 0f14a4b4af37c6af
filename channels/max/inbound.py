"""Reads what MAX tells us: the proof, and one update per call.

Source: https://dev.max.ru/docs-api/objects/Update
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from channels.kit.contract import Ignored, Item, Source
from channels.kit.errors import Malformed
from channels.kit.parking import or_parked
from channels.kit.reading import parse_json
from channels.kit.tolerant import moment, token
from channels.kit.verify import require_secret
from channels.max.content import content, name_of, title_of
from channels.max.schema import Message, Person, Pressed, Recipient, Removed, User, Written
from channels.max.settings import Settings
from leads.events import Attribution, Call, Inbound, Kind, Sender

HEADER = "x-max-bot-api-secret"


def verify(source: Source, call: Call) -> None:
    """The secret that we gave to POST /subscriptions comes back in a header."""
    settings: Settings = source.settings
    require_secret(call, HEADER, settings.secret.get_secret_value())


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Read one update. Whatever cannot be read is MAX's word all the same, so it is parked."""
    return or_parked(partial(_read, source), call.body, "update")


def _read(source: Source, body: bytes) -> Sequence[Item]:
    update = parse_json(body)
    kind = update.get("update_type") if isinstance(update, dict) else None
    if not isinstance(kind, str):
        raise Malformed("update_type: missing")
    reader = _READERS.get(kind)
    return [reader(source, update) if reader else Ignored(token(kind))]


def _created(source: Source, update: Any) -> Item:
    written = Written.model_validate(update)
    return _message(source, written, Kind.MESSAGE, written.message.timestamp, "created")


def _edited(source: Source, update: Any) -> Item:
    written = Written.model_validate(update)
    return _message(source, written, Kind.EDIT, written.timestamp, f"edited:{written.timestamp}")


def _message(source: Source, written: Written, kind: Kind, at: int | None, event: str) -> Item:
    message = written.message
    if why := _foreign(message.recipient, message.sender):
        return Ignored(why)
    settings: Settings = source.settings
    found = content(message, settings.token.get_secret_value())
    return Inbound(
        kind=kind,
        sender=_person(message.sender, written.user_locale, found.phone),
        conv=message.sender.user_id,
        event_id=f"{event}:{_name(message)}",
        thread=message.recipient.chat_id,
        message_id=message.body.mid if message.body else "",
        text=found.text,
        attachments=tuple(found.attachments),
        reply_to=message.link.message.mid if message.link and message.link.type == "reply" else "",
        fields=found.fields,
        at=moment(at),
    )


def _name(message: Message) -> str:
    """What makes it unique; a pure forward may have no id of its own."""
    if message.body:
        return message.body.mid
    return f"{message.recipient.chat_id}:{message.sender.user_id}:{message.timestamp}"


def _removed(source: Source, update: Any) -> Item:
    removed = Removed.model_validate(update)
    return Inbound(
        kind=Kind.DELETE,
        sender=Sender(external_id=removed.user_id),
        conv=removed.user_id,
        event_id=f"removed:{removed.message_id}",
        thread=removed.chat_id,
        message_id=removed.message_id,
        at=moment(removed.timestamp),
    )


def _pressed(source: Source, update: Any) -> Item:
    pressed = Pressed.model_validate(update)
    callback, message = pressed.callback, pressed.message
    if why := _foreign(message.recipient if message else None, callback.user):
        return Ignored(why)
    title = title_of(message.body if message else None, callback.payload)
    return Inbound(
        kind=Kind.CLICK,
        sender=_person(callback.user, pressed.user_locale),
        conv=callback.user.user_id,
        event_id=f"pressed:{callback.callback_id}",
        # Unknown when the message is gone: what is known of the conversation stays.
        thread=message.recipient.chat_id if message else "",
        message_id=message.body.mid if message and message.body else "",
        text=callback.payload,
        fields={"title": title} if title else {},
        at=moment(callback.timestamp),
    )


def _started(source: Source, update: Any) -> Item:
    """The button "Start", or a link `https://max.ru/<bot>?start=<payload>`: a first message without words."""
    person = Person.model_validate(update)
    return _about(
        person, Kind.MESSAGE, "started", text="/start", attribution=Attribution(payload=person.payload)
    )


def _stopped(source: Source, update: Any) -> Item:
    return _about(Person.model_validate(update), Kind.BLOCKED, "stopped")


def _about(person: Person, kind: Kind, event: str, **more: Any) -> Inbound:
    return Inbound(
        kind=kind,
        sender=_person(person.user, person.user_locale),
        conv=person.user.user_id,
        event_id=f"{event}:{person.chat_id}:{person.user.user_id}:{person.timestamp}",
        thread=person.chat_id,
        at=moment(person.timestamp),
        **more,
    )


_READERS: dict[str, Callable[[Source, Any], Item]] = {
    "message_created": _created,
    "message_edited": _edited,
    "message_removed": _removed,
    "message_callback": _pressed,
    "bot_started": _started,
    "bot_stopped": _stopped,
}
UPDATES = tuple(_READERS)  # what we ask MAX for


def _foreign(recipient: Recipient | None, user: User) -> str:
    """Why this is not a customer talking to us, or nothing."""
    if recipient and recipient.chat_type != "dialog":
        return "channel_post" if recipient.chat_type == "channel" else "group_chat"
    return "from_bot" if user.is_bot else ""


def _person(user: User, locale: str, phone: str = "") -> Sender:
    return Sender(
        external_id=user.user_id,
        name=name_of(user),
        username=user.username,
        phone=phone,
        language=locale,
    )
