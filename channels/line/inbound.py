"""Reads LINE's webhook: the proof, and the events of a call.

Source: https://developers.line.biz/en/reference/messaging-api/#webhooks
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from channels.kit.contract import Ignored, Item, Source
from channels.kit.errors import Malformed, Rejected
from channels.kit.parking import or_parked
from channels.kit.pressed import unpacked
from channels.kit.reading import parse_json
from channels.kit.tolerant import moment, token
from channels.kit.verify import base64_text, header, hmac_sha256, same
from channels.line.content import attachments, facts
from channels.line.schema import Event, Message, Pressed, Unsent, Written
from channels.line.settings import Settings
from channels.line.thread import Thread, written
from leads.events import Call, Inbound, Kind, Sender

HEADER = "x-line-signature"


def verify(source: Source, call: Call) -> None:
    """HMAC-SHA256 of the raw body with the channel secret, in base64."""
    settings: Settings = source.settings
    ours = base64_text(hmac_sha256(settings.channel_secret.get_secret_value(), call.body))
    if not same(header(call, HEADER), ours):
        raise Rejected(f"The header {HEADER} does not fit the body; check the channel secret.")


def parse(source: Source, call: Call) -> Sequence[Item]:
    """One item for each event; the console's Verify button sends none."""
    body = parse_json(call.body)
    events = body.get("events") if isinstance(body, dict) else None
    if not isinstance(events, list):
        raise Malformed("The body holds no list of events.")
    return [item for raw in events for item in or_parked(_read, raw, "event")] or [Ignored("verification")]


def _read(raw: Any) -> Sequence[Item]:
    kind = raw.get("type") if isinstance(raw, dict) else None
    model, reader = _READERS.get(str(kind), (Event, None))
    event = model.model_validate(raw)
    if event.mode == "standby":  # another program of the account's owner has the word just now
        return [Ignored("standby")]
    if event.source and event.source.type != "user":
        return [Ignored("group_chat")]
    if reader is None:
        return [Ignored(token(kind))]
    if event.source is None or not event.source.user_id:
        raise Malformed("source.userId: the event names no person")
    return [reader(event, event.source.user_id)]


def _message(event: Written, who: str) -> Item:
    message = event.message
    return _inbound(
        Kind.EDIT if event.type == "messageEdited" else Kind.MESSAGE,
        event,
        who,
        message=message,
        text=message.text,
        attachments=attachments(message),
        reply_to=message.quoted,
        fields=facts(message),
    )


def _pressed(event: Pressed, who: str) -> Item:
    """A button of ours, or one of a menu that the owner made in LINE's own tools."""
    data, more = unpacked(event.postback.data) or (event.postback.data, {})
    return _inbound(Kind.CLICK, event, who, text=data, fields=more | event.postback.params)


def _followed(event: Event, who: str) -> Item:
    return _inbound(Kind.UNBLOCKED, event, who)


def _unfollowed(event: Event, who: str) -> Item:
    return _inbound(Kind.BLOCKED, event, who)


def _unsent(event: Unsent, who: str) -> Item:
    return _inbound(Kind.DELETE, event, who, message_id=event.unsend.message_id)


_READERS: dict[str, tuple[type[Event], Callable[[Any, str], Item]]] = {
    "message": (Written, _message),
    "messageEdited": (Written, _message),  # in groups only, so far
    "postback": (Pressed, _pressed),
    "follow": (Event, _followed),
    "unfollow": (Event, _unfollowed),
    "unsend": (Unsent, _unsent),
}


def _inbound(kind: Kind, event: Event, who: str, message: Message | None = None, **more: Any) -> Inbound:
    thread = Thread(who, event.reply_token)
    if message:
        thread = Thread(who, event.reply_token, message.id, message.quote_token, message.read_token)
        more["message_id"] = message.id
    return Inbound(
        kind,
        Sender(external_id=who),
        conv=who,
        event_id=event.id,
        thread=written(thread),
        at=moment(event.at),
        **more,
    )
