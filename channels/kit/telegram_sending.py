"""Sends to a place: text, files, buttons, edits, and that somebody is typing.

A place is a chat's id, and for a person's own account the id of the business connection too.

Source: https://core.telegram.org/bots/api#sendmessage
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit import telegram_api as api
from channels.kit.contract import Source
from channels.kit.telegram_schema import Taken
from channels.kit.tolerant import without_blanks
from channels.kit.uploading import at_hand, file_form
from leads.events import Attachment, Button, Media, MediaKind, Outgoing, SendCode, SendError, Sent, Span

# https://core.telegram.org/bots/api#sending-files
UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
UPLOAD_TIMEOUT = 120.0
DATA_LIMIT = 64  # bytes that a pressed button gives back

# Our kind -> the method and the field that holds the file.
_METHODS = {
    MediaKind.PHOTO: ("sendPhoto", "photo"),
    MediaKind.VIDEO: ("sendVideo", "video"),
    MediaKind.VOICE: ("sendVoice", "voice"),
    MediaKind.AUDIO: ("sendAudio", "audio"),
    MediaKind.FILE: ("sendDocument", "document"),
}

# https://core.telegram.org/bots/api#messageentity
_ENTITIES = {
    kind: kind
    for kind in ("bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "code", "pre")
} | {"link": "text_link"}

Params = dict[str, Any]


async def send(
    http: aiohttp.ClientSession, source: Source, place: Params, outgoing: Outgoing, media: Media | None
) -> Sent:
    """One message; nothing is split here."""
    params = place | _reply(outgoing) | _keyboard(outgoing)
    if outgoing.attachment is None:
        params |= _marked("text", "entities", outgoing)
        return _sent(await api.call(http, source, "sendMessage", json=params))
    return await _upload(http, source, params | _caption(outgoing), outgoing.attachment, at_hand(media))


async def typing(http: aiohttp.ClientSession, source: Source, place: Params) -> None:
    """Shown for five seconds, or until our message comes."""
    with suppress(SendError):
        await api.call(http, source, "sendChatAction", json=place | {"action": "typing"})


async def _upload(
    http: aiohttp.ClientSession, source: Source, params: Params, attachment: Attachment, media: Media
) -> Sent:
    method, field = _method(attachment, media)
    known = replace(media, name=media.name or attachment.name, mime=media.mime or attachment.mime)
    form = file_form(params, field, known)
    return _sent(await api.call(http, source, method, data=form, seconds=UPLOAD_TIMEOUT))


def _method(attachment: Attachment, media: Media) -> tuple[str, str]:
    size = media.size or 0
    if size > UPLOAD_LIMIT:
        raise SendError(SendCode.BAD_MEDIA, f"larger than {UPLOAD_LIMIT} bytes")
    if attachment.kind not in _METHODS:
        raise SendError(SendCode.BAD_MEDIA, f"no way to send a {attachment.kind}")
    too_big = attachment.kind is MediaKind.PHOTO and size > PHOTO_LIMIT
    return _METHODS[MediaKind.FILE if too_big else attachment.kind]


async def edit(http: aiohttp.ClientSession, source: Source, place: Params, outgoing: Outgoing) -> Sent:
    """New words for a message of ours, or for the file in it."""
    # An edit without the buttons would take them away.
    target = place | {"message_id": number(outgoing.target, "target")} | _keyboard(outgoing)
    try:
        result = await _rewrite(http, source, target, outgoing)
    except SendError as error:
        if "message is not modified" not in error.detail:
            raise
        return Sent(outgoing.target)
    return _sent(result, outgoing.target)


async def _rewrite(http: aiohttp.ClientSession, source: Source, target: Params, outgoing: Outgoing) -> Any:
    """A text, or the caption under a file: the row need not know which of the two it was."""
    if outgoing.attachment is None:
        try:
            params = target | _marked("text", "entities", outgoing)
            return await api.call(http, source, "editMessageText", json=params)
        except SendError as error:
            if "no text in the message to edit" not in error.detail:
                raise
    return await api.call(http, source, "editMessageCaption", json=target | _caption(outgoing))


def _caption(outgoing: Outgoing) -> Params:
    return _marked("caption", "caption_entities", outgoing)


def _marked(text: str, entities: str, outgoing: Outgoing) -> Params:
    """Formatting goes beside the text, so no text can turn into formatting."""
    marks = [mark for span in outgoing.spans if (mark := _entity(span))]
    return {text: outgoing.text} | ({entities: marks} if marks else {})


def _entity(span: Span) -> Params | None:
    if span.kind not in _ENTITIES or (span.kind == "link" and not span.url):
        return None
    more = {"url": span.url, "language": span.language}
    entity = {"type": _ENTITIES[span.kind], "offset": span.offset, "length": span.length}
    return entity | without_blanks(more)


def _reply(outgoing: Outgoing) -> Params:
    """A quoted message that is gone does not keep the answer back."""
    if not outgoing.reply_to:
        return {}
    quoted = number(outgoing.reply_to, "reply_to")
    return {"reply_parameters": {"message_id": quoted, "allow_sending_without_reply": True}}


def _keyboard(outgoing: Outgoing) -> Params:
    """One button a row: their words may be long. https://core.telegram.org/bots/api#inlinekeyboardbutton"""
    rows = [[_button(one)] for one in outgoing.buttons]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _button(button: Button) -> Params:
    if button.url:
        return {"text": button.text, "url": button.url}
    data = (button.data or button.text).encode()[:DATA_LIMIT].decode("utf-8", "ignore")
    return {"text": button.text, "callback_data": data}


def number(value: str, what: str) -> int:
    """Ids are numbers; "@name" would be a public channel."""
    if re.fullmatch(r"-?\d{1,19}", value, re.ASCII) is None:
        raise SendError(SendCode.PERMANENT, f"{what} is no Telegram id")
    return int(value)


def _sent(result: Any, external_id: str = "") -> Sent:
    """`ok` is the word that counts: sending again because of an odd result would repeat the message."""
    try:
        taken = Taken.model_validate(result)
    except ValidationError:
        return Sent(external_id)
    return Sent(str(taken.message_id), datetime.fromtimestamp(taken.date, UTC) if taken.date else None)
