"""Reads Viber's callbacks: the proof, and one event per call.

Source: https://developers.viber.com/docs/api/rest-bot-api/#callbacks
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from channels.kit import edge
from channels.kit.contract import Answered, Ignored, Item, Reply, Source
from channels.kit.errors import Rejected
from channels.kit.parking import or_parked
from channels.kit.pressed import unpacked
from channels.kit.reading import parse_json
from channels.kit.tolerant import moment, token
from channels.kit.verify import header, hmac_sha256, same
from channels.viber.content import attachments, facts, words
from channels.viber.schema import Callback, Left, Receipt, Started, User, Written
from channels.viber.settings import Settings
from leads.events import Attribution, Call, Inbound, Kind, SendCode, Sender

HEADER = "x-viber-content-signature"


def verify(source: Source, call: Call) -> None:
    """HMAC-SHA256 of the raw body with the bot's token, in hexadecimal."""
    settings: Settings = source.settings
    ours = hmac_sha256(settings.token.get_secret_value(), call.body).hex()
    if not same(header(call, HEADER), ours):
        raise Rejected(f"The header {HEADER} does not fit the body; check the bot's token.")


def answer(source: Source, call: Call, answered: Answered) -> Reply:
    """Empty when all is well: what answers conversation_started is sent to the customer as a welcome."""
    reply = edge.default_answer(source, call, answered)
    return Reply(reply.status) if reply.status < 400 else reply


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Read one event. Whatever cannot be read is Viber's word all the same, so it is parked."""
    return or_parked(_read, call.body, "callback")


def _read(body: bytes) -> Sequence[Item]:
    raw = parse_json(body)
    event = Callback.model_validate(raw).event
    reader = _READERS.get(event)
    return [reader(raw) if reader else Ignored(token(event))]


def _written(raw: Any) -> Item:
    call = Written.model_validate(raw)
    message = call.message
    pressed = unpacked(message.text) if message.type == "text" else None
    text, more = pressed or (words(message), facts(message))
    return _event(
        Kind.CLICK if pressed else Kind.MESSAGE,
        call,
        _person(call.sender),
        call.message_token,
        message_id=call.message_token,
        text=text,
        attachments=attachments(message),
        fields=more,
    )


def _started(raw: Any) -> Item:
    """The chat was opened, or subscribed to; `context` comes from the link that led there."""
    call = Started.model_validate(raw)
    return _event(Kind.UNBLOCKED, call, _person(call.user), attribution=Attribution(payload=call.context))


def _left(raw: Any) -> Item:
    call = Left.model_validate(raw)
    return _event(Kind.BLOCKED, call, Sender(external_id=call.user_id))


def _receipt(raw: Any) -> Item:
    """Each device of the customer may tell of the same message."""
    call = Receipt.model_validate(raw)
    failed = call.event == "failed"
    return _event(
        Kind.STATUS,
        call,
        Sender(external_id=call.user_id),
        message_id=call.message_token,
        text=_STATES[call.event],
        fields={"code": SendCode.PERMANENT.value, "detail": call.desc} if failed else {},
    )


_STATES = {"delivered": "delivered", "seen": "read", "failed": "failed"}
_READERS: dict[str, Callable[[Any], Item]] = {
    "message": _written,
    "conversation_started": _started,
    "subscribed": _started,
    "unsubscribed": _left,
    **dict.fromkeys(_STATES, _receipt),
}


def _event(kind: Kind, call: Callback, sender: Sender, event_id: str = "", **more: Any) -> Inbound:
    """A receipt has the token of the message meant, so the token alone is not unique."""
    who = sender.external_id
    own_id = event_id or f"{call.event}:{call.message_token or call.timestamp}:{who}"
    return Inbound(kind, sender, conv=who, thread=who, event_id=own_id, at=moment(call.timestamp), **more)


def _person(user: User) -> Sender:
    return Sender(external_id=user.id, name=user.name, language=user.language)
