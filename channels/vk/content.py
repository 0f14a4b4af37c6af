"""What a message or a comment holds beside its text: files, and the rest as fields.

Source: https://dev.vk.com/ru/reference/objects/attachments-message
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError

from channels.kit.tolerant import token, without_blanks
from channels.vk.schema import Forwarded, Geo, Message, Size, Thing
from leads.events import Attachment, MediaKind

Found = Attachment | tuple[str, str]  # the latter is a field
Contents = tuple[tuple[Attachment, ...], dict[str, str]]

SITE = "https://vk.com"
FORWARDED_DEPTH = 4  # of messages inside of messages


def of_message(message: Message) -> Contents:
    """Attachments and fields; forwarded messages count as its own."""
    found = [*_all(message.attachments), *_place(message.geo), *_forwarded(message.fwd_messages)]
    if message.is_cropped:
        # messages.getByConversationMessageId would tell the rest.
        found.append(("is_cropped", "1"))
    return _sorted(found)


def of_things(things: Iterable[Any]) -> Contents:
    """The same for a comment."""
    return _sorted(_all(things))


def _sorted(found: Iterable[Found]) -> Contents:
    attachments, fields = [], dict[str, str]()
    for one in found:
        if isinstance(one, Attachment):
            attachments.append(one)
        else:
            key, value = one
            fields[key] = f"{fields[key]}\n{value}" if key in fields else value
    return tuple(attachments), fields


def _all(things: Iterable[Any]) -> Iterator[Found]:
    for thing in things:
        kind = thing.get("type") if isinstance(thing, Mapping) else None
        try:
            yield from _READERS.get(str(kind), partial(_other, token(kind)))(
                Thing.model_validate(thing[kind])
            )
        except (ValidationError, LookupError, TypeError):
            yield "unsupported", token(kind)


def _forwarded(messages: Iterable[Any], depth: int = FORWARDED_DEPTH) -> Iterator[Found]:
    """A customer who forwards wants it to be read: text with its writer's number, and the files."""
    for raw in messages if depth else ():
        try:
            one = Forwarded.model_validate(raw)
        except ValidationError:
            yield "unsupported", "forwarded"
            continue
        if one.text:
            yield "forwarded", f"{one.from_id or '?'}: {one.text}"
        yield from _all(one.attachments)
        yield from _forwarded(one.fwd_messages, depth - 1)


def _place(geo: Geo | None) -> Iterator[Attachment]:
    if geo and geo.coordinates:
        point, place = geo.coordinates, geo.place
        facts = {"latitude": str(point.latitude), "longitude": str(point.longitude)}
        facts |= {"title": place.title, "address": place.address} if place else {}
        yield Attachment(MediaKind.LOCATION, data=without_blanks(facts))


def _photo(thing: Thing) -> Iterator[Found]:
    sizes = [*thing.sizes, *([thing.orig_photo] if thing.orig_photo else [])]
    yield _file(MediaKind.PHOTO, _widest(sizes), "photo.jpg", "image/jpeg", title=thing.text)


def _graffiti(thing: Thing) -> Iterator[Found]:
    yield _file(MediaKind.PHOTO, thing.url, "graffiti.png", "image/png")


def _sticker(thing: Thing) -> Iterator[Found]:
    yield _file(
        MediaKind.STICKER, _widest(thing.images), "sticker.png", "image/png", sticker_id=thing.sticker_id
    )


def _voice(thing: Thing) -> Iterator[Found]:
    facts = {"duration": thing.duration, "transcript": thing.transcript}
    url, name, mime = thing.link_ogg, "voice.ogg", "audio/ogg"
    if not url:
        url, name, mime = thing.link_mp3, "voice.mp3", "audio/mpeg"
    yield Attachment(MediaKind.VOICE, ref=url, name=name, mime=mime, data=without_blanks(facts))


def _doc(thing: Thing) -> Iterator[Found]:
    name, ending = thing.title or "document", f".{thing.ext}" if thing.ext else ""
    whole = name if name.lower().endswith(ending.lower()) else name + ending
    yield _file(MediaKind.FILE, thing.url, whole, "", thing.size)


def _link(thing: Thing) -> Iterator[Found]:
    yield "link", f"{thing.url} {thing.title}".strip()


def _audio(thing: Thing) -> Iterator[Found]:
    """Music: VK gives no bytes of it to communities."""
    yield "audio", " — ".join(part for part in (thing.artist, thing.title) if part) or "?"


def _page(what: str, thing: Thing) -> Iterator[Found]:
    """What has an address on the site; of videos there is nothing else."""
    yield what, f"{SITE}/{what}{thing.owner_id}_{thing.id} {thing.title or thing.text}".strip()


def _comment(thing: Thing) -> Iterator[Found]:
    yield "comment", f"{SITE}/wall{thing.owner_id}_{thing.post_id}?reply={thing.id} {thing.text}".strip()


def _other(kind: str, thing: Thing) -> Iterator[Found]:
    """Gifts, polls, stories, articles, calls, podcasts and whatever is new."""
    yield (
        "unsupported",
        " ".join(part for part in (kind, thing.title or thing.question or thing.text, thing.url) if part),
    )


_READERS: dict[str, Callable[[Thing], Iterator[Found]]] = {
    "audio": _audio,
    "audio_message": _voice,
    "doc": _doc,
    "graffiti": _graffiti,
    "link": _link,
    "market": partial(_page, "market"),
    "photo": _photo,
    "sticker": _sticker,
    "video": partial(_page, "video"),
    "wall": partial(_page, "wall"),
    "wall_reply": _comment,
}


def _file(
    kind: MediaKind, url: str, name: str, mime: str, size: int | None = None, **facts: str
) -> Attachment:
    return Attachment(kind, ref=url, name=name, mime=mime, size=size, data=without_blanks(facts))


def _widest(sizes: Iterable[Size]) -> str:
    largest = max((one for one in sizes if one.url), key=lambda one: one.width * one.height, default=None)
    return largest.url if largest else ""


def as_text(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
