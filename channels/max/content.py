"""What a message holds: its text, its attachments, and the rest of it as fields.

Source: https://dev.max.ru/docs-api/objects/Message
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from channels.kit.tolerant import Wire, without_blanks
from channels.max.schema import Body, Button, Mark, Message, Payload, Thing, User
from channels.max.vcard import is_vouched, read_card
from leads.events import Attachment, MediaKind

VIDEO = "videos/"  # marks a `ref` that is a video's token: its address has to be asked for

# Voice messages are of type "audio"; there is no other sign of them.
_FILES = {
    "image": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.VOICE,
    "file": MediaKind.FILE,
    "sticker": MediaKind.STICKER,
}
_WITHOUT_MEANING = frozenset({"inline_keyboard"})

Model = TypeVar("Model", bound=Wire)


@dataclass(slots=True)
class Content:
    """What was found in a message; `phone` is the sender's own and vouched for by MAX."""

    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    phone: str = ""

    def keep(self, name: str, value: str) -> None:
        """A further field; values of one name stand in one line."""
        if value:
            self.fields[name] = f"{self.fields[name]} {value}" if name in self.fields else value


def content(message: Message, token: str) -> Content:
    """Everything that the message says, with what it forwards."""
    found = Content()
    forwarded = message.link if message.link and message.link.type == "forward" else None
    if message.body:
        _read(found, message.body, message.sender, token)
    if forwarded:
        found.keep("forward.from", name_of(forwarded.sender) if forwarded.sender else "")
        _read(found, forwarded.message, None, token)
    if not (found.text or found.attachments or found.fields):
        found.keep("unsupported", "message")
    return found


def name_of(user: User) -> str:
    """First and last name."""
    return f"{user.first_name} {user.last_name}".strip()


def title_of(body: Body | None, data: str) -> str:
    """The words on the button of ours that carries `data`."""
    things = readable(Thing, body.attachments if body else ())
    keyboards = (one.payload for one in things if one.type == "inline_keyboard" and one.payload)
    rows = (row for keyboard in keyboards for row in keyboard.buttons if isinstance(row, list))
    return next((one.text for row in rows for one in readable(Button, row) if one.payload == data), "")


def readable(model: type[Model], items: Iterable[Any]) -> Iterator[Model]:
    """Those of the items that fit; an odd one costs nothing but itself."""
    for item in items:
        try:
            yield model.model_validate(item)
        except ValidationError:
            continue


def _read(found: Content, body: Body, sender: User | None, token: str) -> None:
    found.text = "\n\n".join(filter(None, (found.text, body.text)))
    for mark in readable(Mark, body.markup):
        if mark.type == "link" and mark.url not in body.text:
            found.keep("links", mark.url)
    for thing in readable(Thing, body.attachments):
        _take(found, thing, sender, token)


def _take(found: Content, thing: Thing, sender: User | None, token: str) -> None:
    payload = thing.payload or Payload()
    if thing.type == "share":
        if payload.url not in found.text:
            found.keep("links", payload.url)
    elif thing.type == "contact":
        card = _card(payload, sender, token)
        found.attachments.append(card)
        found.phone = found.phone or (card.data["phone"] if "own" in card.data else "")
    elif thing.type == "location" and thing.latitude is not None and thing.longitude is not None:
        facts = {"latitude": str(thing.latitude), "longitude": str(thing.longitude)}
        found.attachments.append(Attachment(MediaKind.LOCATION, data=facts))
    elif thing.type in _FILES and (payload.url or payload.token):
        found.attachments.append(_file(thing, payload))
    elif thing.type not in _WITHOUT_MEANING:
        found.keep("unsupported", thing.type[:40])


def _file(thing: Thing, payload: Payload) -> Attachment:
    # "May be a page", says the schema of a video's url.
    by_token = thing.type == "video" and payload.token
    facts = {
        "duration": "" if thing.duration is None else str(thing.duration),
        "transcription": thing.transcription,
        "code": payload.code,
    }
    return Attachment(
        _FILES[thing.type],
        ref=VIDEO + payload.token if by_token else payload.url,
        name=thing.filename,
        size=thing.size if thing.size is None or thing.size >= 0 else None,
        data=without_blanks(facts),
    )


def _card(payload: Payload, sender: User | None, token: str) -> Attachment:
    card = read_card(payload.vcf_info)
    user = payload.max_info or payload.tam_info
    own = (
        sender is not None
        and (user is None or user.user_id == sender.user_id)
        and is_vouched(payload.vcf_info, payload.hash, token)
    )
    facts = {
        "phone": card.phone,
        "name": card.name or (name_of(user) if user else ""),
        "own": "1" if own and card.phone else "",
        "vcard": payload.vcf_info,
    }
    return Attachment(MediaKind.CONTACT, data=without_blanks(facts))
