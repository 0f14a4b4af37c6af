"""Sends: text, files, choices, templates, reactions, and that something was read.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from __future__ import annotations

from typing import Any

import aiohttp

from channels.kit.contract import Source
from channels.kit.uploading import at_hand
from channels.whatsapp import api
from channels.whatsapp.choices import interactive, plain
from channels.whatsapp.markup import marked
from channels.whatsapp.media import name, upload, wire_type
from channels.whatsapp.settings import CAN, Settings
from channels.whatsapp.templates import template
from leads.events import Attachment, Media, MediaKind, Outgoing, SendCode, SendError, Sent, Verb

KEY_LIMIT = 512  # characters of what comes back with each state

Body = dict[str, Any]


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """Send, react or mark as read; nothing is split here."""
    if outgoing.verb is Verb.READ:
        return await _read(http, source, outgoing.target)
    body = _to(outgoing.recipient) | await _what(http, source, outgoing, media)
    if outgoing.reply_to and outgoing.verb is Verb.SEND:
        body["context"] = {"message_id": outgoing.reply_to}
    if outgoing.key:
        body["biz_opaque_callback_data"] = outgoing.key[:KEY_LIMIT]
    return _sent(await _post(http, source, body))


async def _what(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Body:
    if outgoing.verb is Verb.REACT:
        return _typed("reaction", {"message_id": outgoing.target, "emoji": outgoing.text})
    if outgoing.verb is not Verb.SEND:
        raise SendError(SendCode.PERMANENT, f"WhatsApp has no {outgoing.verb}")
    if outgoing.template:
        return _typed("template", template(outgoing.template))
    if outgoing.attachment:
        return await _file(http, source, outgoing, outgoing.attachment, media)
    settings: Settings = source.settings
    text = marked(outgoing.text, outgoing.spans, CAN.text_limit)
    choices = interactive(text, outgoing.buttons, settings.list_button)
    if choices:
        return _typed("interactive", choices)
    return _typed("text", {"body": plain(text, outgoing.buttons), "preview_url": False})


async def _file(
    http: aiohttp.ClientSession,
    source: Source,
    outgoing: Outgoing,
    attachment: Attachment,
    media: Media | None,
) -> Body:
    """Up first, then named by its id: a repeated try writes once more, but not to the customer."""
    media = at_hand(media)
    text = plain(marked(outgoing.text, outgoing.spans, CAN.caption_limit), outgoing.buttons)
    kind = wire_type(attachment, media, text)
    file: Body = {"id": await upload(http, source, attachment, media)}
    if kind == "document":
        file["filename"] = name(attachment, media)
    if kind == "audio" and attachment.kind is MediaKind.VOICE:
        file["voice"] = True
    return _typed(kind, file | ({"caption": text} if text else {}))


def _typed(kind: str, what: Body) -> Body:
    return {"type": kind, kind: what}


def _to(thread: str) -> Body:
    """A number goes in `to`, a BSUID (`RU.55501`) in `recipient`."""
    if not thread:
        raise SendError(SendCode.PERMANENT, "nobody to send to")
    place = "to" if thread.startswith("+") else "recipient"
    return {"recipient_type": "individual", place: thread}


async def _read(http: aiohttp.ClientSession, source: Source, message_id: str) -> Sent:
    """Also all before it; "typing" stands for 25 seconds or until our message comes."""
    await _post(
        http, source, {"status": "read", "message_id": message_id, "typing_indicator": {"type": "text"}}
    )
    return Sent("")


async def _post(http: aiohttp.ClientSession, source: Source, body: Body) -> Any:
    settings: Settings = source.settings
    path = f"{settings.phone_number_id}/messages"
    return await api.call(
        http, source, "POST", path, what="messages", json={"messaging_product": "whatsapp"} | body
    )


def _sent(answer: Any) -> Sent:
    """The 200 is the word that counts: sending again because of an odd answer would repeat the message."""
    messages = answer.get("messages") if isinstance(answer, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    found = first.get("id") if isinstance(first, dict) else None
    return Sent(found if isinstance(found, str) else "")
