"""Files and other things that customers sent, as their own kind, or as a sentence when that fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from aiogram.methods import (
    SendAudio,
    SendContact,
    SendDocument,
    SendLocation,
    SendPhoto,
    SendSticker,
    SendVideo,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import BufferedInputFile, FSInputFile, InputFile, Message

from bot.calls import Notifier, Place, post, reply, send
from bot.errors import TopicGone
from bot.views.customers import missing_file
from bot.views.paper import Reader, Rendered
from bot.views.things import place as coordinates
from leads.events import TOO_BIG, Attachment, MediaKind, SendCode, SendError

SIZE_LIMIT = 50 * 1024 * 1024
"""https://core.telegram.org/bots/api#sending-files"""
FETCH_SECONDS = 20
ASK_AGAIN = 1.0  # seconds, where the vendor names none
CAPTIONED = frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.AUDIO, MediaKind.FILE})

_METHODS: dict[MediaKind, tuple[Callable[..., TelegramMethod[Message]], str, str]] = {
    MediaKind.PHOTO: (SendPhoto, "photo", "photo.jpg"),
    MediaKind.VIDEO: (SendVideo, "video", "video.mp4"),
    MediaKind.VOICE: (SendVoice, "voice", "voice.ogg"),
    MediaKind.AUDIO: (SendAudio, "audio", "audio.mp3"),
    MediaKind.FILE: (SendDocument, "document", "file"),
    MediaKind.STICKER: (SendSticker, "sticker", "sticker.webp"),
}
_NOT_THE_FILE = frozenset({SendCode.RETRY, SendCode.UNAVAILABLE, SendCode.BLOCKED, SendCode.MISCONFIGURED})
"""failures that another form of the file would meet as well"""

log = logging.getLogger(__name__)


class _Unusable(Exception):
    """The file cannot be shown; the argument is the key of the sentence that says why."""


async def post_thing(
    out: Notifier,
    place: Place,
    attachment: Attachment,
    source_id: int,
    caption: Rendered | None,
    reader: Reader,
    *,
    quiet: bool = False,
) -> int:
    """Show an attachment in one message, whatever it takes; return the message's id."""
    common = _common(place, quiet=quiet)
    try:
        if attachment.kind in {MediaKind.LOCATION, MediaKind.CONTACT}:
            return await _post_fact(out, place, attachment, common)
        file = await _fetched(out, attachment, source_id)
        return await _post_file(out, place, attachment, file, common | _captioned(caption))
    except _Unusable as why:
        said = missing_file(attachment, str(why), caption, reader)
        return await post(out, place, said, quiet=quiet)


async def _post_file(
    out: Notifier, place: Place, attachment: Attachment, file: InputFile, common: dict[str, Any]
) -> int:
    """As its own kind; what Telegram does not take as that, as a plain file."""
    for kind in dict.fromkeys((attachment.kind, MediaKind.FILE)):
        make, field, _ = _METHODS[kind]
        try:
            return await send(out, place, make(**common, **{field: file}))
        except TopicGone:
            raise
        except SendError as error:
            if error.code in _NOT_THE_FILE:
                raise
            log.info("Telegram did not take a %s: %s", kind, error.detail)
    raise _Unusable("file-refused")


async def _post_fact(out: Notifier, place: Place, attachment: Attachment, common: dict[str, Any]) -> int:
    data, point = attachment.data, coordinates(attachment)
    method: TelegramMethod[Message] | None = None
    if attachment.kind is MediaKind.LOCATION and point:
        method = SendLocation(**common, latitude=point[0], longitude=point[1])
    elif attachment.kind is MediaKind.CONTACT and data.get("phone"):
        name = data.get("name") or data["phone"]
        method = SendContact(**common, phone_number=data["phone"][:40], first_name=name[:64])
    if not method:
        raise _Unusable("file-refused")
    try:
        return await send(out, place, method)
    except TopicGone:
        raise
    except SendError as error:
        if error.code in _NOT_THE_FILE:
            raise
        raise _Unusable("file-refused") from error


async def _fetched(out: Notifier, attachment: Attachment, source_id: int) -> InputFile:
    if (attachment.size or 0) > SIZE_LIMIT:
        raise _Unusable("file-too-big")
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            data = await _got(out, attachment, source_id)
    except TimeoutError:
        raise _Unusable("file-timeout") from None
    except SendError as error:
        log.info("a file of source %s could not be fetched: %s", source_id, error)
        raise _Unusable("file-too-big" if TOO_BIG in error.data else "file-failed") from error
    except Exception as error:
        # Whatever a vendor's file server does, the message itself must be shown.
        log.warning("a file of source %s could not be fetched: %s", source_id, type(error).__name__)
        raise _Unusable("file-failed") from error
    size = len(data) if isinstance(data, bytes) else await asyncio.to_thread(_size, data)
    if size > SIZE_LIMIT:
        raise _Unusable("file-too-big")
    if not size:
        raise _Unusable("file-failed")
    name = PurePath(attachment.name).name[-100:] or _METHODS[attachment.kind][2]
    return BufferedInputFile(data, name) if isinstance(data, bytes) else FSInputFile(data, name)


async def _got(out: Notifier, attachment: Attachment, source_id: int) -> bytes | Path:
    """A file server that is away, or still at work on the file, is asked again as long as there is time."""
    while True:
        try:
            return await out.fetch(attachment, source_id)
        except SendError as error:
            if error.code not in {SendCode.RETRY, SendCode.UNAVAILABLE}:
                raise
            await asyncio.sleep(ASK_AGAIN if error.retry_after is None else error.retry_after)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _common(place: Place, *, quiet: bool) -> dict[str, Any]:
    return {
        "chat_id": place.chat_id,
        "message_thread_id": place.topic_id,
        "reply_parameters": reply(place),
        "disable_notification": quiet or None,
    }


def _captioned(caption: Rendered | None) -> dict[str, Any]:
    return {"caption": caption.text, "caption_entities": list(caption.entities)} if caption else {}
