"""Files and other things in words, for where they cannot be shown or need not be."""

from __future__ import annotations

from bot.views.paper import Reader, clip
from leads.events import Attachment, MediaKind
from leads.model import PRESSED, Direction, Message
from leads.normal import shown_phone

_NAME = 100
# These say more by their name than by their kind.
_NAMED = frozenset({MediaKind.FILE, MediaKind.AUDIO, MediaKind.VIDEO})


def attachment_line(attachment: Attachment, reader: Reader) -> str:
    """What it is: "File price list.pdf (1.2 MB)"."""
    words = [reader.say(f"kind-{attachment.kind}"), *_particulars(attachment, reader)]
    size = f" ({reader.texts.size(attachment.size)})" if attachment.size else ""
    return " ".join(word for word in words if word) + size


def words_of(message: Message, reader: Reader) -> str:
    """What somebody said; a button that a customer pressed, in words."""
    if PRESSED in message.fields and message.direction is Direction.IN:
        return f"🔘 {reader.say('customer-pressed', title=message.text)}"
    return message.text


def place(attachment: Attachment) -> tuple[float, float] | None:
    """Latitude and longitude, where they make sense."""
    try:
        latitude, longitude = float(attachment.data["latitude"]), float(attachment.data["longitude"])
    except (KeyError, ValueError):
        return None
    return (latitude, longitude) if -90 <= latitude <= 90 and -180 <= longitude <= 180 else None


def _particulars(attachment: Attachment, reader: Reader) -> list[str]:
    data = attachment.data
    match attachment.kind:
        case MediaKind.STICKER:
            return [clip(data.get("emoji", ""), 8)]
        case MediaKind.LOCATION:
            told = [
                data.get("title", ""),
                data.get("address", ""),
                ", ".join(map(str, place(attachment) or ())),
            ]
            return [" · ".join(clip(each, _NAME) for each in told if each)]
        case MediaKind.CONTACT:
            own = f"({reader.say('contact-own')})" if data.get("own") else ""
            return [clip(data.get("name", ""), _NAME), shown_phone(clip(data.get("phone", ""), 40)), own]
    return [clip(attachment.name, _NAME)] if attachment.kind in _NAMED else []
