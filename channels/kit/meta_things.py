"""What came with a message of Messenger or Instagram: files, places, links, and what nobody can show.

A type that is a file on one of them is a link on the other, so each channel has its own list of files.
"""

from __future__ import annotations

from collections.abc import Mapping

from channels.kit.meta_wire import Message, Thing
from channels.kit.tolerant import without_blanks
from leads.events import Attachment, MediaKind

Files = Mapping[str, MediaKind]
_PLAIN = frozenset({"image", "video", "audio", "file", "sticker", "location"})


def attachments(message: Message, files: Files) -> tuple[Attachment, ...]:
    """The files by their links, each once: a shared post comes under its old and its new type."""
    found = [one for thing in message.attachments if (one := _attachment(thing, files))]
    return tuple({one.ref or str(place): one for place, one in enumerate(found)}.values())


def links(message: Message, files: Files) -> str:
    """Pages that were shared, one a line with its title."""
    lines = [
        f"{_title(thing)} {_url(thing)}".strip()
        for thing in message.attachments
        if _url(thing) and _attachment(thing, files) is None
    ]
    return "\n".join(dict.fromkeys(lines))


def shared(message: Message, files: Files) -> str:
    """The types of files that say more than what they are: a mention in a story, a reel, a post."""
    types = [
        thing.type for thing in message.attachments if thing.type not in _PLAIN and _attachment(thing, files)
    ]
    return " ".join(dict.fromkeys(types))


def unsupported(message: Message, files: Files) -> str:
    """The types of what cannot be shown; "unknown" where nothing at all is said."""
    types = [thing.type for thing in message.attachments if not _url(thing) and not _attachment(thing, files)]
    if types or message.text or message.attachments:
        return " ".join(filter(None, dict.fromkeys(types)))
    return "" if message.reply_to and message.reply_to.story else "unknown"


def _attachment(thing: Thing, files: Files) -> Attachment | None:
    payload = thing.payload
    if payload and payload.coordinates:
        point = payload.coordinates
        facts = {"latitude": str(point.lat), "longitude": str(point.long), "title": _title(thing)}
        return Attachment(MediaKind.LOCATION, data=without_blanks(facts))
    if payload is None or not payload.url or thing.type not in files:
        return None
    # Until August 2026 a sticker was an image with an id.
    kind = MediaKind.STICKER if payload.sticker_id else files[thing.type]
    title = {"title": payload.title} if payload.title else {}
    return Attachment(kind, ref=payload.url, data=title)


def _url(thing: Thing) -> str:
    return (thing.payload.url if thing.payload else "") or thing.url


def _title(thing: Thing) -> str:
    return (thing.payload.title if thing.payload else "") or thing.title
