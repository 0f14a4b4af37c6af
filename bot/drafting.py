"""What a manager wrote, as a draft of a reply."""

from __future__ import annotations

import re
from dataclasses import replace

from aiogram.types import Message

from bot.spans import spans_of
from leads.events import Attachment, MediaKind
from leads.reply import Draft

_ASK = re.compile(r"/ask(@\w+)?(\s+|$)", re.IGNORECASE)
REF = "desk:"  # before the file id of the managers' bot


# An animation fills `document` as well, so it is asked first.
_KINDS = {
    "photo": MediaKind.PHOTO,
    "animation": MediaKind.VIDEO,
    "video": MediaKind.VIDEO,
    "video_note": MediaKind.VIDEO,
    "voice": MediaKind.VOICE,
    "audio": MediaKind.AUDIO,
    "document": MediaKind.FILE,
}
_MIMES = {"photo": "image/jpeg", "video_note": "video/mp4"}


def drafted(message: Message, topic_id: int | None, quoted: int | None) -> Draft | None:
    """None when it holds nothing that can be sent on. Of a sticker its emoji goes."""
    attachment = _attachment(message)
    sticker = message.sticker.emoji if message.sticker else None
    text = message.text or message.caption or sticker or ""
    if not text and not attachment:
        return None
    return Draft(
        text=text,
        chat_id=message.chat.id,
        desk_id=message.message_id,
        spans=spans_of(message.entities or message.caption_entities),
        attachments=(attachment,) if attachment else (),
        topic_id=topic_id,
        quoted=quoted,
    )


def offered(draft: Draft) -> Draft | None:
    """`/ask question | one | two` as a question with choices; None when it is not whole."""
    question, *choices = [part.strip() for part in _ASK.sub("", draft.text, count=1).split("|")]
    if not question or not choices or not all(choices):
        return None
    return replace(draft, text=question, choices=tuple(choices), spans=())


def asks(draft: Draft) -> bool:
    """Whether it offers the customer a choice."""
    return _ASK.match(draft.text) is not None


def _attachment(message: Message) -> Attachment | None:
    for field, kind in _KINDS.items():
        file = getattr(message, field)
        if file:
            if isinstance(file, list):  # a photo in several sizes
                file = max(file, key=lambda size: size.width * size.height)
            name, mime = getattr(file, "file_name", ""), getattr(file, "mime_type", _MIMES.get(field, ""))
            return Attachment(kind, REF + file.file_id, name or "", mime or "", file.file_size)
    return None
