"""What a message holds: its attachments, and the rest of it as fields.

Source: https://developers.line.biz/en/reference/messaging-api/#message-event
"""

from __future__ import annotations

from mimetypes import guess_type

from channels.kit.tolerant import token, without_blanks
from channels.line.schema import Message
from leads.events import Attachment, MediaKind

# Our kind, and the name and the type of a file; LINE itself turns sounds and films into these.
_FILES = {
    "image": (MediaKind.PHOTO, "image.jpg", "image/jpeg"),
    "video": (MediaKind.VIDEO, "video.mp4", "video/mp4"),
    "audio": (MediaKind.AUDIO, "audio.m4a", "audio/mp4"),
    "file": (MediaKind.FILE, "file", "application/octet-stream"),
}


def attachments(message: Message) -> tuple[Attachment, ...]:
    """Every file and place in the message. LINE gives no picture of a sticker: `facts` has it in words."""
    if message.type in _FILES:
        return (_file(message),)
    if message.type == "location" and message.latitude is not None and message.longitude is not None:
        point = {"latitude": str(message.latitude), "longitude": str(message.longitude)}
        named = {"title": message.title, "address": message.address}
        return (Attachment(MediaKind.LOCATION, data=without_blanks(point | named)),)
    return ()


def facts(message: Message) -> dict[str, str]:
    """What has no place of its own: what a sticker stands for, or its numbers; a type that we do not know."""
    if message.type == "sticker":
        return {"sticker": ", ".join(message.keywords) or f"{message.package}/{message.sticker}"}
    return {} if message.text or attachments(message) else {"unsupported": token(message.type)}


def _file(message: Message) -> Attachment:
    kind, name, mime = _FILES[message.type]
    seconds = {} if message.duration is None else {"duration": str(round(message.duration / 1000))}
    return Attachment(
        kind,
        ref=message.provider.url or message.id,
        name=message.file_name or name,
        mime=guess_type(message.file_name)[0] or mime,
        size=message.file_size,
        data=seconds,
    )
