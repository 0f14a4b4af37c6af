"""Reads what VK tells us: the confirmation, the proof, and one event per call.

Source: https://dev.vk.com/ru/api/callback/getting-started, https://dev.vk.com/ru/api/community-events/json-schema
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from channels.kit import edge
from channels.kit.contract import Answered, Ignored, Item, Outcome, Reply, Source
from channels.kit.errors import Malformed, Rejected
from channels.kit.parking import or_parked
from channels.kit.reading import parse_json
from channels.kit.tolerant import token
from channels.kit.verify import same
from channels.vk import chat, public
from channels.vk.settings import Settings
from leads.events import Call, Inbound

TAKEN = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.IGNORED, Outcome.PARKED})
WINDOW = timedelta(days=1)  # for what comes without an id; VK repeats for hours

Reader = Callable[[Mapping[str, Any]], Inbound | Ignored]

_READERS: dict[str, Reader] = {
    "message_new": chat.written,
    "message_edit": chat.edited,
    "message_reply": chat.echoed,
    "message_event": chat.pressed,
    "message_read": chat.read,
    "message_reaction_event": chat.reacted,
    "message_allow": chat.allowed,
    "message_deny": chat.denied,
    "wall_reply_new": public.commented,
    "wall_reply_edit": public.edited,
    "wall_reply_delete": public.deleted,
    "lead_forms_new": public.filled,
}
EVENTS = tuple(_READERS)  # what we have VK tell us


def handshake(source: Source, call: Call) -> Reply | None:
    """VK asks for a string that the community's settings show; who knows our address may have it."""
    if b'"confirmation"' not in call.body:
        return None
    body = _body(call)
    if body.get("type") != "confirmation":
        return None
    settings: Settings = source.settings
    if body.get("group_id") != settings.group_id:
        return Reply(403, b"This address belongs to another community.")
    if not settings.confirmation:
        return Reply(404, b"This source has no confirmation string yet.")
    return Reply(200, settings.confirmation.encode())


def verify(source: Source, call: Call) -> None:
    """The secret key stands in the body; VK signs nothing."""
    settings: Settings = source.settings
    body = _body(call)
    given = body.get("secret")
    if not isinstance(given, str) or not same(given, settings.secret.get_secret_value()):
        raise Rejected("The body does not hold this source's secret; set the same secret key at VK.")
    if body.get("group_id") != settings.group_id:
        raise Rejected("The event is another community's.", forbidden=True)


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Read one event. What cannot be read is VK's word all the same, so it is parked."""
    return or_parked(_read, call.body, "object")


def answer(source: Source, call: Call, answered: Answered) -> Reply:
    """VK wants "ok" and nothing else, and a date in Retry-After."""
    if answered.outcome in TAKEN:
        return Reply(200, b"ok")
    reply = edge.default_answer(source, call, answered)
    seconds = reply.headers.get("Retry-After")
    if seconds is None:
        return reply
    until = format_datetime(call.received_at + timedelta(seconds=int(seconds)), usegmt=True)
    return replace(reply, headers={"Retry-After": until})


def _read(body: bytes) -> Sequence[Item]:
    event = parse_json(body)
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Malformed("The body is no event of VK's.")
    reader = _READERS.get(event["type"])
    if reader is None:
        return [Ignored(token(event["type"]))]
    told = event.get("object")
    if not isinstance(told, dict):
        raise Malformed("The event has no object.")
    item = reader(told)
    if isinstance(item, Ignored) or item.event_id:
        return [item]
    event_id = event.get("event_id")
    if isinstance(event_id, str) and event_id:
        return [replace(item, event_id=event_id)]
    return [replace(item, content_key=hashlib.sha256(body).hexdigest(), window=WINDOW)]


def _body(call: Call) -> Mapping[str, Any]:
    """What cannot be read proves nothing."""
    try:
        body = parse_json(call.body)
    except Malformed:
        return {}
    return body if isinstance(body, dict) else {}
