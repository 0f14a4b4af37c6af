"""Sends: text, pictures, sounds, links to files, buttons; that somebody is writing, and what has been read.

Source: https://developers.line.biz/en/reference/messaging-api/#messages
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.kit.pressed import packed
from channels.kit.uploading import addressed
from channels.line import api
from channels.line.schema import Answer, Params
from channels.line.thread import Thread, understood
from leads.events import Attachment, Button, Media, MediaKind, Outgoing, SendCode, SendError, Sent, Verb

# https://developers.line.biz/en/reference/messaging-api/#image-message
IMAGE_LIMIT = 10 * 1024 * 1024
IMAGES = frozenset({"image/jpeg", "image/png"})
SOUNDS = frozenset({"audio/mp4", "audio/x-m4a", "audio/m4a", "audio/mpeg"})
LABEL, DATA = 20, 300  # https://developers.line.biz/en/reference/messaging-api/#postback-action
LOADING = 5  # seconds, the fewest
KEYS = uuid.UUID("6f7c2a0e-3c1f-5d0b-9a53-6c696e650001")


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """Send one message, or mark theirs as read."""
    thread = understood(outgoing.recipient)
    if outgoing.verb is Verb.READ:
        return await _mark_read(http, source, thread)
    messages = _messages(outgoing, thread, media)
    if thread.reply:
        with suppress(_Refused):
            return await _reply(http, source, thread, messages)
    return await _push(http, source, outgoing, thread, messages)


async def typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    """Dots that go when our message comes."""
    shown = {"chatId": understood(recipient).to, "loadingSeconds": LOADING}
    with suppress(SendError):
        await api.call(http, source, "POST", "chat/loading/start", json=shown)


class _Refused(Exception):
    """The reply token was used, or is too old. LINE says so itself, so nobody's clock is asked."""


async def _reply(http: aiohttp.ClientSession, source: Source, thread: Thread, messages: list[Params]) -> Sent:
    body = {"replyToken": thread.reply, "messages": messages}
    try:
        return _sent(await api.call(http, source, "POST", "message/reply", json=body))
    except SendError as error:
        if "Invalid reply token" in error.detail:
            raise _Refused from None
        raise


async def _push(
    http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, thread: Thread, messages: list[Params]
) -> Sent:
    """With a key, LINE takes the same message once, however often it is tried."""
    body = {"to": thread.to, "messages": messages}
    headers = {"X-Line-Retry-Key": _key(outgoing, thread)} if outgoing.key else {}
    try:
        return _sent(await api.call(http, source, "POST", "message/push", json=body, headers=headers))
    except SendError as error:
        if api.TAKEN not in error.data:
            raise
        return Sent(error.data[api.TAKEN])


def _key(outgoing: Outgoing, thread: Thread) -> str:
    """Person and text belong to it: two desks with one account may count alike."""
    return str(uuid.uuid5(KEYS, "\n".join((outgoing.key, thread.to, outgoing.text))))


async def _mark_read(http: aiohttp.ClientSession, source: Source, thread: Thread) -> Sent:
    if thread.read:
        await api.call(http, source, "POST", "chat/markAsRead", json={"markAsReadToken": thread.read})
    return Sent(thread.message)


def _messages(outgoing: Outgoing, thread: Thread, media: Media | None) -> list[Params]:
    """The file, then the text, in one call."""
    messages = [_file(outgoing.attachment, media)] if outgoing.attachment else []
    if outgoing.text:
        messages.append({"type": "text", "text": outgoing.text} | _quoted(outgoing, thread))
    if not messages:
        raise SendError(SendCode.PERMANENT, "LINE takes no message without words")
    if outgoing.buttons:
        messages[-1]["quickReply"] = {"items": [_item(button) for button in outgoing.buttons]}
    return messages


def _quoted(outgoing: Outgoing, thread: Thread) -> Params:
    """Only the newest message of the customer can be quoted: of older ones we hold no token."""
    known = thread.quote and outgoing.reply_to == thread.message
    return {"quoteToken": thread.quote} if known else {}


def _file(attachment: Attachment, media: Media | None) -> Params:
    """As a picture or a sound where LINE takes it as one, else as a link: it has no way for documents."""
    media = addressed(media, "LINE")
    seconds = attachment.data.get("duration", "")
    if attachment.kind is MediaKind.PHOTO and media.mime in IMAGES and (media.size or 0) <= IMAGE_LIMIT:
        return {"type": "image", "originalContentUrl": media.url, "previewImageUrl": media.url}
    if media.mime in SOUNDS and seconds.isdecimal():
        return {"type": "audio", "originalContentUrl": media.url, "duration": int(seconds) * 1000}
    return {"type": "text", "text": f"{media.name or attachment.name}\n{media.url}".strip()}


def _item(button: Button) -> Params:
    label = button.text[:LABEL]
    action: Params = {"type": "postback", "label": label, "displayText": button.text}
    if button.url:
        action = {"type": "uri", "label": label, "uri": button.url}
    else:
        action["data"] = packed(button, DATA)
    return {"type": "action", "action": action}


def _sent(answer: Any) -> Sent:
    """A 2xx is the word that counts: sending again because of an odd body would repeat the message."""
    try:
        sent = Answer.model_validate(answer).sent
    except ValidationError:
        return Sent("")
    return Sent(sent[0].id if sent else "")
