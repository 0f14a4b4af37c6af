"""What a message holds, by its type.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from channels.kit import meta
from channels.kit.errors import Malformed
from channels.kit.reading import parse_json
from channels.kit.tolerant import without_blanks
from channels.whatsapp.schema import (
    Body,
    Card,
    Choice,
    Edit,
    File,
    Flow,
    Interactive,
    Item,
    Order,
    Place,
    Pressed,
    Reaction,
    Revoke,
    System,
    Unsupported,
)
from leads.events import Attachment, Kind, MediaKind

Raw = Mapping[str, Any]
_KEPT = 1000  # characters of what has no better form

# Our kind, and the name and the type of a file that comes without.
_FILES = {
    "image": (MediaKind.PHOTO, "photo.jpg", "image/jpeg"),
    "video": (MediaKind.VIDEO, "video.mp4", "video/mp4"),
    "audio": (MediaKind.AUDIO, "audio.mp3", "audio/mpeg"),
    "document": (MediaKind.FILE, "document", "application/octet-stream"),
    "sticker": (MediaKind.STICKER, "sticker.webp", "image/webp"),
}
_VOICE = (MediaKind.VOICE, "voice.ogg", "audio/ogg")


@dataclass(frozen=True, slots=True)
class Content:
    """A message without its envelope. `target` is the message meant, where that is another one."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = Kind.MESSAGE
    target: str = ""
    moved: System | None = None  # the person has another number now


def content(message_type: str, raw: Raw) -> Content:
    """Read the member that the type names; a type that nobody knows is shown as such."""
    reader = _READERS.get(message_type)
    if reader:
        return reader(raw)
    told = raw.get(message_type)
    return Content(
        fields=without_blanks({"unsupported": message_type or "unknown", "content": _compact(told)})
    )


def _text(raw: Raw) -> Content:
    return Content(Body.model_validate(raw.get("text")).body)


def _file(message_type: str, raw: Raw) -> Content:
    file = File.model_validate(raw.get(message_type))
    kind, name, mime = _VOICE if file.voice else _FILES[message_type]
    given = file.mime_type.partition(";")[0].strip()
    one = Attachment(kind, ref=file.id, name=file.filename or name, mime=given or mime)
    return Content(file.caption, (one,))


def _location(raw: Raw) -> Content:
    place = Place.model_validate(raw.get("location"))
    facts = {"latitude": str(place.latitude), "longitude": str(place.longitude)}
    facts |= {"title": place.name, "address": place.address, "url": place.url}
    return Content(attachments=(Attachment(MediaKind.LOCATION, data=without_blanks(facts)),))


def _contacts(raw: Raw) -> Content:
    cards = raw.get("contacts")
    own = str(raw.get("from") or "-")
    if not isinstance(cards, list):
        raise Malformed("contacts: no list")
    return Content(attachments=tuple(one for card in cards for one in _cards(Card.model_validate(card), own)))


def _cards(card: Card, own: str) -> Iterator[Attachment]:
    """One for each phone; a card without any is one, too."""
    facts = {
        "name": card.name.formatted_name or card.name.first_name,
        "email": ", ".join(mail.email for mail in card.emails if mail.email),
    }
    for phone in card.phones:
        number = phone.phone or (f"+{phone.wa_id}" if phone.wa_id else "")
        mark = {"phone": number, "own": "1" if phone.wa_id == own else ""}
        yield Attachment(MediaKind.CONTACT, data=without_blanks({**mark, **facts}))
    if not card.phones:
        yield Attachment(MediaKind.CONTACT, data=without_blanks(facts))


def _reaction(raw: Raw) -> Content:
    reaction = Reaction.model_validate(raw.get("reaction"))
    return Content(reaction.emoji, kind=Kind.REACTION, target=reaction.message_id)


def _button(raw: Raw) -> Content:
    pressed = Pressed.model_validate(raw.get("button"))
    title = without_blanks({"title": pressed.text})
    return Content(pressed.payload or pressed.text, fields=title, kind=Kind.CLICK)


def _interactive(raw: Raw) -> Content:
    answer = Interactive.model_validate(raw.get("interactive"))
    chosen: Choice | None = answer.button_reply or answer.list_reply
    if chosen:
        fields = without_blanks({"title": chosen.title, "description": chosen.description})
        return Content(chosen.id or chosen.title, fields=fields, kind=Kind.CLICK)
    if answer.nfm_reply:
        return Content(answer.nfm_reply.body, fields=_filled(answer.nfm_reply))
    kept = without_blanks(
        {"unsupported": answer.type or "interactive", "content": _compact(raw["interactive"])}
    )
    return Content(fields=kept)


def _filled(flow: Flow) -> dict[str, str]:
    """A form's answers by their own names; `flow_token` is the vendor's."""
    try:
        answers = parse_json(flow.response_json.encode())
    except Malformed:
        answers = None
    if not isinstance(answers, dict):
        return without_blanks({"form": flow.name, "answers": flow.response_json})
    shown = {key: _compact(value) for key, value in answers.items() if key != "flow_token"}
    return without_blanks({"form": flow.name, **shown})


def _order(raw: Raw) -> Content:
    order = Order.model_validate(raw.get("order"))
    lines = {f"order.{number}": _line(item) for number, item in enumerate(order.product_items, 1)}
    return Content(order.text, fields=without_blanks({"catalog": order.catalog_id, **lines}))


def _line(item: Item) -> str:
    price = f"{_number(item.item_price)} {item.currency}".strip()
    return " · ".join(filter(None, (f"{_number(item.quantity)} × {item.product_retailer_id}", price)))


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.15g}"


def _system(raw: Raw) -> Content:
    system = System.model_validate(raw.get("system"))
    told = {"system": system.type, "phone": system.wa_id or system.new_wa_id}
    return Content(system.body, fields=without_blanks(told), moved=system)


def _unsupported(raw: Raw) -> Content:
    """Polls, view-once photos …: the API tells that something came, not what."""
    given = raw.get("unsupported")
    kind = Unsupported.model_validate(given).type if isinstance(given, dict) else ""
    return Content(fields={"unsupported": kind or "unknown"})


def _edit(raw: Raw) -> Content:
    edit = Edit.model_validate(raw.get("edit"))
    now = content(str(edit.message.get("type", "")), edit.message)
    return Content(now.text, now.attachments, now.fields, Kind.EDIT, edit.original_message_id)


def _revoke(raw: Raw) -> Content:
    original = Revoke.model_validate(raw.get("revoke")).original_message_id
    return Content(kind=Kind.DELETE, target=original)


_READERS: dict[str, Callable[[Raw], Content]] = {
    "text": _text,
    **{name: partial(_file, name) for name in _FILES},
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "system": _system,
    "unsupported": _unsupported,
    "unknown": _unsupported,
    "edit": _edit,
    "revoke": _revoke,
}


def troubles(raw: Raw) -> dict[str, str]:
    """Why something of the message is missing: its `errors`, as a file of more than 100 MB (131052)."""
    errors = raw.get("errors")
    if not isinstance(errors, list):
        return {}
    return without_blanks(
        {"error": " · ".join(meta.problem(one).text for one in errors if isinstance(one, dict))}
    )


def _compact(value: Any) -> str:
    """As short text; what is no text, as JSON."""
    if value is None or isinstance(value, str):
        return (value or "")[:_KEPT]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:_KEPT] if value else ""
