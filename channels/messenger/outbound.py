"""Sends: text, files, quick replies, reactions, that something was read, that somebody is typing.

Source: https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import aiohttp

from channels.kit import meta_reply
from channels.kit.contract import Source
from channels.kit.meta_chat import OWN
from channels.kit.uploading import at_hand, file_form
from channels.messenger.api import call
from channels.messenger.settings import CAN, Settings
from leads.events import Button, Media, Outgoing, SendCode, SendError, Sent, Verb

UPLOAD_LIMIT = 25 * 1024 * 1024
UPLOAD_TIMEOUT = 120.0
TEMPLATE_TEXT = 640  # characters above buttons
TEMPLATE_BUTTONS = 3


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """One message, reaction or mark."""
    if outgoing.verb is Verb.REACT:
        return await _messages(http, source, json=meta_reply.reaction(outgoing, outgoing.text))
    if outgoing.verb is Verb.READ:
        return await _messages(http, source, json=meta_reply.action(outgoing.recipient, "mark_seen"))
    message = _content(outgoing) | {"metadata": f"{OWN}{outgoing.key}"}
    params = meta_reply.body(outgoing, {"id": outgoing.recipient}, message)
    if outgoing.reply_to:
        params["reply_to"] = {"mid": outgoing.reply_to}
    codes = meta_reply.codes_of(outgoing, meta_reply.CODES)
    if outgoing.attachment is None:
        return await _messages(http, source, json=params, codes=codes)
    form = _form(params, media)
    return await _messages(http, source, data=form, codes=codes, seconds=UPLOAD_TIMEOUT)


async def typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    """Shown for twenty seconds, or until our message comes."""
    with suppress(SendError):
        await _messages(http, source, json=meta_reply.action(recipient, "typing_on"))


async def _messages(http: aiohttp.ClientSession, source: Source, **options: Any) -> Sent:
    settings: Settings = source.settings
    path = f"{settings.page_id}/messages"
    return meta_reply.sent(await call(http, source, "POST", path, what="messages", **options))


def _form(params: dict[str, Any], media: Media | None) -> aiohttp.FormData:
    """File and message in one call, so that nothing is left over when it fails.

    https://developers.facebook.com/documentation/business-messaging/messenger-platform/send-messages/saving-assets
    """
    media = at_hand(media)
    if (media.size or 0) > UPLOAD_LIMIT:
        raise SendError(SendCode.BAD_MEDIA, f"larger than {UPLOAD_LIMIT} bytes")
    return file_form(params, "filedata", media, _ascii(media.name))


def _ascii(name: str) -> str:
    """Names of other letters "are not supported for attachment uploads".

    https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/attachment-upload
    """
    stem, dot, ending = name.rpartition(".")
    plain = re.sub(r"[^\w .-]+", "", stem, flags=re.ASCII).strip(" .-_") or "file"
    return f"{plain}{dot}{ending}" if ending.isascii() else plain


def _content(outgoing: Outgoing) -> dict[str, Any]:
    if outgoing.attachment is not None:
        kind = meta_reply.TYPES.get(outgoing.attachment.kind)
        if kind is None:
            raise SendError(SendCode.BAD_MEDIA, f"no way to send a {outgoing.attachment.kind}")
        return {"attachment": {"type": kind, "payload": {}}}
    if len(outgoing.text) > CAN.text_limit:
        raise SendError(SendCode.TOO_LONG, f"longer than {CAN.text_limit} characters")
    if any(button.url for button in outgoing.buttons):
        return {"attachment": {"type": "template", "payload": _template(outgoing)}}
    return {"text": outgoing.text} | meta_reply.quick_replies(outgoing.buttons)


def _template(outgoing: Outgoing) -> dict[str, Any]:
    """Buttons with links stand below the text.

    https://developers.facebook.com/docs/messenger-platform/reference/templates/button
    """
    if len(outgoing.text) > TEMPLATE_TEXT or len(outgoing.buttons) > TEMPLATE_BUTTONS:
        raise SendError(
            SendCode.TOO_LONG,
            f"beside a link: {TEMPLATE_TEXT} characters and {TEMPLATE_BUTTONS} buttons at most",
        )
    buttons = [_button(button) for button in outgoing.buttons]
    return {"template_type": "button", "text": outgoing.text, "buttons": buttons}


def _button(button: Button) -> dict[str, str]:
    title = meta_reply.title(button)
    if button.url:
        return {"type": "web_url", "title": title, "url": button.url}
    return {"type": "postback", "title": title, "payload": button.data or button.text}
