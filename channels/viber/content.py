"""What a message holds: its words, its attachments, and the rest of it as fields.

Source: https://developers.viber.com/docs/api/rest-bot-api/#receive-message-from-user
"""

from __future__ import annotations

from mimetypes import guess_type

from channels.kit.tolerant import token, without_blanks
from channels.viber.schema import Location, Message
from leads.events import Attachment, MediaKind

# Our kind, and the name and the type of a file that comes without.
_FILES = {
    "picture": (MediaKind.PHOTO, "picture.jpg", "image/jpeg"),
    "video": (MediaKind.VIDEO, "video.mp4", "video/mp4"),
    "file": (MediaKind.FILE, "file", "application/octet-stream"),
    "sticker": (MediaKind.STICKER, "sticker.png", "image/png"),
}


def words(message: Message) -> str:
    """What a person reads: the text or caption, the link of a `url`, what stands for a carousel."""
    if message.type == "url":
        return message.text or message.media
    return message.text or message.alt_text


def attachments(message: Message) -> tuple[Attachment, ...]:
    """Everything in the message that is not text."""
    if message.type in _FILES and (message.media or message.type != "sticker"):
        return (_file(message),)
    if message.type == "location" and message.location:
        return _place(message.location)
    if message.type == "contact" and (card := message.contact):
        return (
            Attachment(
                MediaKind.CONTACT, data=without_blanks({"phone": card.phone_number, "name": card.name})
            ),
        )
    return ()


def facts(message: Message) -> dict[str, str]:
    """What has no place of its own."""
    things = attachments(message)
    found = {
        "sticker": "" if things else message.sticker_id,
        "link": message.media if message.type == "url" and message.text else "",
        "tracking_data": message.tracking_data,
        "unsupported": "" if words(message) or things or message.sticker_id else token(message.type),
    }
    return without_blanks(found)


def _place(place: Location) -> tuple[Attachment, ...]:
    if place.lat is None or place.lon is None:
        return ()
    return (Attachment(MediaKind.LOCATION, data={"latitude": str(place.lat), "longitude": str(place.lon)}),)


def _file(message: Message) -> Attachment:
    kind, name, mime = _FILES[message.type]
    seconds = "" if message.duration is None else str(message.duration)
    return Attachment(
        kind,
        ref=message.media,
        name=message.file_name or name,
        mime=guess_type(message.file_name)[0] or mime,
        size=message.size,
        data=without_blanks({"duration": seconds, "sticker": message.sticker_id}),
    )
