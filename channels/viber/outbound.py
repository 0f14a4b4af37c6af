"""Sends text, files by their address, and keyboards.

Source: https://developers.viber.com/docs/api/rest-bot-api/#send-message
"""

from __future__ import annotations

import html
from typing import Any

import aiohttp

from channels.kit.contract import Source
from channels.kit.pressed import packed
from channels.kit.uploading import addressed
from channels.viber import api
from channels.viber.schema import Answer
from channels.viber.settings import Settings
from leads.events import Attachment, Button, Media, MediaKind, Outgoing, SendCode, SendError, Sent

# https://creators.viber.com/docs/bots-api/data-models/message
PICTURE_LIMIT = 1024 * 1024
VIDEO_LIMIT = 26 * 1024 * 1024
FILE_LIMIT = 50 * 1024 * 1024
FILE_NAME = 256
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})
BUTTON_TEXT = 250  # https://developers.viber.com/docs/tools/keyboards/#buttons-parameters
ACTION_BODY = 1000  # ours: the page names no limit

Params = dict[str, Any]


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """One message; a file has no caption, so its text follows as a second one."""
    settings: Settings = source.settings
    messages = _messages(outgoing, media)
    if outgoing.buttons:
        messages[-1]["keyboard"] = _keyboard(outgoing.buttons)
    head = {"receiver": outgoing.recipient, "sender": {"name": settings.name}}
    answers = [await api.call(http, source, "send_message", head | message) for message in messages]
    return Sent(Answer.model_validate(answers[0]).message_token)


def _messages(outgoing: Outgoing, media: Media | None) -> list[Params]:
    text: Params = {"type": "text", "text": outgoing.text}
    if outgoing.attachment is None:
        return [text]
    file = _file(outgoing.attachment, media)
    if file["type"] != "file":
        return [file | {"text": outgoing.text}]
    return [file, text] if outgoing.text else [file]


def _file(attachment: Attachment, media: Media | None) -> Params:
    """As a picture or a video where Viber shows it as one, else as a file."""
    media = addressed(media, "Viber")
    if media.size is None or media.size > FILE_LIMIT:
        raise SendError(SendCode.BAD_MEDIA, f"of unknown size, or larger than {FILE_LIMIT} bytes")
    if attachment.kind is MediaKind.PHOTO and media.mime in PICTURES and media.size <= PICTURE_LIMIT:
        return {"type": "picture", "media": media.url}
    if attachment.kind is MediaKind.VIDEO and media.mime == "video/mp4" and media.size <= VIDEO_LIMIT:
        return {"type": "video", "media": media.url, "size": media.size}
    name = (media.name or attachment.name or "file")[-FILE_NAME:]  # its end says what it is
    return {"type": "file", "media": media.url, "size": media.size, "file_name": name}


def _keyboard(buttons: tuple[Button, ...]) -> Params:
    """One button a row. https://developers.viber.com/docs/tools/keyboards/"""
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": [_button(one) for one in buttons]}


def _button(button: Button) -> Params:
    """`Text` is HTML there."""
    look = {"Columns": 6, "Rows": 1, "Text": html.escape(button.text[:BUTTON_TEXT], quote=False)}
    if button.url:
        return look | {"ActionType": "open-url", "ActionBody": button.url}
    # Silent: what comes back is for us, not for the customer's eyes.
    return look | {"ActionType": "reply", "ActionBody": packed(button, ACTION_BODY), "Silent": True}
