"""Reads what WhatsApp pushes: any number of messages, states and echoes in one call.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from channels.kit import meta
from channels.kit.contract import Ignored, Item, Source, Unreadable
from channels.kit.errors import Malformed
from channels.kit.parking import or_parked, raw_of
from channels.kit.tolerant import at_second, token, without_blanks
from channels.whatsapp.content import Content, content, troubles
from channels.whatsapp.errors import CODES
from channels.whatsapp.people import People, Person, origin
from channels.whatsapp.schema import Change, Message, Status, Value
from leads.events import Call, Inbound, Kind, SendCode, Verb

# A voice message that was played was read, too.
_STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
_CORRECTIONS = {Kind.EDIT: Verb.EDIT, Kind.DELETE: Verb.DELETE}


def parse(source: Source, call: Call) -> Sequence[Item]:
    """Read all updates; one that is not readable does not cost the others."""
    body, tame = meta.read(call.body)
    entries = body.get("entry") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise Malformed("The body has no list of entries.")
    if body.get("object", "whatsapp_business_account") != "whatsapp_business_account":
        return [Ignored(token(f"object_{body['object']}"))]
    changed = partial(_changed, source, tame)
    return [
        item
        for entry in entries
        for change in _changes(entry)
        for item in or_parked(changed, change, "event")
    ]


def _changes(entry: Any) -> list[Any]:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    return changes if isinstance(changes, list) else [entry]


def _changed(source: Source, tame: meta.Tame, raw: Any) -> Sequence[Item]:
    name = raw.get("field") if isinstance(raw, dict) else None
    if isinstance(name, str) and name not in _FIELDS:
        return [Ignored(token(name))]
    change = Change.model_validate(raw)
    value, settings = change.value, source.settings
    if value.metadata.phone_number_id not in {"", settings.phone_number_id}:
        return [Ignored("other_number")]
    return list(_FIELDS[change.field](value, tame))


def _messages(value: Value, tame: meta.Tame) -> Iterator[Item]:
    people = People.of(value.contacts, tame)
    for raw in value.messages:
        yield from meta.guarded(partial(_message, people), raw, tame)
    for raw in value.statuses:
        yield from meta.guarded(partial(_status, people), raw, tame)
    for raw in value.errors:
        yield from meta.guarded(_error, raw, tame)


def _echoes(value: Value, tame: meta.Tame) -> Iterator[Item]:
    people = People.of(value.contacts, tame)
    for raw in value.message_echoes:
        yield from meta.guarded(partial(_echo, people), raw, tame)


# "history" and "smb_app_state_sync" repeat the past, "standby" what another app works on.
_FIELDS = {"messages": _messages, "smb_message_echoes": _echoes}


def _message(people: People, raw: Any) -> Sequence[Item]:
    message = Message.model_validate(raw)
    if message.group_id:
        return [Ignored("group")]
    found = content(message.type, raw)
    if found.moved:
        person = people.moved(message, found.moved)
    else:
        person = people.person(message.from_user_id, message.from_)
    return [_inbound(person, message, found, {**found.fields, **_about(message), **troubles(raw)})]


def _inbound(person: Person, message: Message, found: Content, fields: dict[str, str]) -> Inbound:
    return Inbound(
        kind=found.kind,
        sender=person.sender,
        conv=person.sender.external_id,
        event_id=message.id,
        thread=person.thread,
        message_id=found.target or message.id,
        text=found.text,
        attachments=found.attachments,
        reply_to=message.context.id,
        fields=fields,
        attribution=origin(message.referral),
        at=at_second(message.timestamp),
    )


def _echo(people: People, raw: Any) -> Sequence[Item]:
    """Somebody of the company wrote with the WhatsApp Business app; edits and deletions say so in `verb`."""
    echo = Message.model_validate(raw)
    if echo.group_id:
        return [Ignored("group")]
    found = content(echo.type, raw)
    if found.kind is Kind.REACTION:
        return [Ignored("own_reaction")]
    fields = {**found.fields, **_about(echo), **troubles(raw)}
    if found.kind in _CORRECTIONS:
        fields["verb"] = _CORRECTIONS[found.kind].value
    ours = Content(found.text, found.attachments, kind=Kind.ECHO, target=found.target)
    return [_inbound(people.person(echo.to_user_id, echo.to), echo, ours, fields)]


def _status(people: People, raw: Any) -> Sequence[Item]:
    status = Status.model_validate(raw)
    if status.recipient_type == "group":
        return [Ignored("group")]
    state = _STATES.get(status.status)
    if state is None:
        return [Ignored(token(f"status_{status.status}"))]
    person = people.recipient(status.recipient_user_id, status.recipient_id)
    fields = {"key": status.biz_opaque_callback_data} if status.biz_opaque_callback_data else {}
    event = Inbound(
        kind=Kind.STATUS,
        sender=person.sender,
        conv=person.sender.external_id or status.id,
        event_id=f"{status.id}:{status.status}",
        thread=person.thread,
        message_id=status.id,
        text=state,
        fields=fields | (_failure(status) if state == "failed" else {}),
        at=at_second(status.timestamp),
    )
    return [event]


def _failure(status: Status) -> dict[str, str]:
    """Taken with a 200, and not delivered after all."""
    problem = meta.problem(status.errors[0] if status.errors else {})
    code = meta.send_code(problem, CODES) or SendCode.PERMANENT
    return {"code": code.value, "detail": problem.text}


def _error(raw: Any) -> Sequence[Item]:
    """Trouble that belongs to no message: parked, so that somebody reads it."""
    if not isinstance(raw, dict):
        raise Malformed("errors: no object")
    return [Unreadable(raw_of(raw), f"WhatsApp reports error {meta.problem(raw).text}")]


def _about(message: Message) -> dict[str, str]:
    """That it was forwarded, what product and what ad it is about."""
    context, referral = message.context, message.referral
    forwarded = "many times" if context.frequently_forwarded else "yes" if context.forwarded else ""
    product = context.referred_product
    facts = {
        "forwarded": forwarded,
        "product": product.product_retailer_id,
        "catalog": product.catalog_id,
        "ad_text": referral.body if referral else "",
        "ad_greeting": referral.welcome_message.text if referral else "",
    }
    return without_blanks(facts)
