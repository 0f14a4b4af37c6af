"""What a message holds: its attachments, and everything else of it as fields.

Source: https://core.telegram.org/bots/api#message
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from channels.kit.telegram_schema import Contact, File, Location, Message, Venue
from channels.kit.tolerant import without_blanks
from leads.events import Attachment, MediaKind

# Told by a private chat, not by its person: nothing to answer.
SERVICE = frozenset(
    {
        "chat_background_set",
        "connected_website",
        "forum_topic_closed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_reopened",
        "message_auto_delete_timer_changed",
        "pinned_message",
        "proximity_alert_triggered",
        "write_access_allowed",
    }
)

# Of no meaning to a person.
_TECHNICAL = {
    "from",  # read as `from_`
    "has_media_spoiler",
    "has_protected_content",
    "is_topic_message",
    "link_preview_options",
    "media_group_id",
    "message_thread_id",
    "reply_markup",
    "show_caption_above_media",
}
_READ = _TECHNICAL | Message.model_fields.keys()

# Our kind, and the name and the type of a file that comes without.
_FILES = {
    "animation": (MediaKind.VIDEO, "animation.mp4", "video/mp4"),
    "document": (MediaKind.FILE, "document", "application/octet-stream"),
    "voice": (MediaKind.VOICE, "voice.ogg", "audio/ogg"),
    "audio": (MediaKind.AUDIO, "audio.mp3", "audio/mpeg"),
    "video": (MediaKind.VIDEO, "video.mp4", "video/mp4"),
    "video_note": (MediaKind.VIDEO, "video_note.mp4", "video/mp4"),
}


def attachments(message: Message) -> tuple[Attachment, ...]:
    """Everything in the message that is not text."""
    return tuple(_things(message))


def rest(raw: Mapping[str, Any], message: Message) -> dict[str, str]:
    """What has no place of its own (a poll, a dice, who wrote a forwarded text …), flat, in its order."""
    kept = {"quote": message.quote.text if message.quote else ""}
    entities = message.entities + message.caption_entities
    kept["links"] = " ".join(entity.url for entity in entities if entity.type == "text_link")
    for key, value in raw.items():
        if key not in _READ:
            kept.update(_flat(key, value))
    return without_blanks(kept)


def _things(message: Message) -> Iterator[Attachment]:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        yield _file(largest, MediaKind.PHOTO, "photo.jpg", "image/jpeg")
    for key, (kind, name, mime) in _FILES.items():
        file: File | None = getattr(message, key)
        # An animation comes as a document too, "for backward compatibility".
        if file and not (key == "document" and message.animation):
            yield _file(file, kind, name, mime)
    if message.sticker:
        yield _sticker(message.sticker)
    if message.venue or message.location:
        yield _place(message.venue, message.location)
    if message.contact:
        yield _card(message.contact, message)


def _file(file: File, kind: MediaKind, name: str, mime: str) -> Attachment:
    facts = {
        "duration": "" if file.duration is None else str(file.duration),
        "title": file.title,
        "performer": file.performer,
        "emoji": file.emoji,
        "set": file.set_name,
    }
    return Attachment(
        kind,
        ref=file.file_id,
        name=file.file_name or name,
        mime=file.mime_type or mime,
        size=file.file_size,
        data=without_blanks(facts),
    )


def _sticker(file: File) -> Attachment:
    if file.is_animated:
        return _file(file, MediaKind.STICKER, "sticker.tgs", "application/x-tgsticker")
    if file.is_video:
        return _file(file, MediaKind.STICKER, "sticker.webm", "video/webm")
    return _file(file, MediaKind.STICKER, "sticker.webp", "image/webp")


def _place(venue: Venue | None, location: Location | None) -> Attachment:
    point = venue.location if venue else location
    assert point is not None  # noqa: S101  (the caller saw one of the two)
    facts = {"latitude": str(point.latitude), "longitude": str(point.longitude)}
    if venue:
        facts |= {"title": venue.title, "address": venue.address}
    if point.live_period:
        facts["live_period"] = str(point.live_period)
    return Attachment(MediaKind.LOCATION, data=without_blanks(facts))


def _card(contact: Contact, message: Message) -> Attachment:
    facts = {
        "phone": contact.phone_number,
        "name": f"{contact.first_name} {contact.last_name}".strip(),
        "own": "1" if is_own(contact, message) else "",
        "vcard": contact.vcard,
    }
    return Attachment(MediaKind.CONTACT, data=without_blanks(facts))


def is_own(contact: Contact, message: Message) -> bool:
    """Telegram's word that the number is the sender's; anybody can share anybody's card."""
    return message.from_ is not None and contact.user_id == message.from_.id


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}", inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value, 1):
            yield from _flat(f"{key}.{place}", inner)
    else:
        yield key, str(value)
