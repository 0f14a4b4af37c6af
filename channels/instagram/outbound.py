"""Sends: text, files by their address, quick replies, a heart, private replies to comments.

Sources: https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/send-message,
https://developers.facebook.com/docs/instagram-platform/private-replies
"""

from __future__ import annotations

import mimetypes
from contextlib import suppress
from typing import Any

import aiohttp

from channels.instagram.api import CODES, call
from channels.instagram.comments import THREAD
from channels.instagram.settings import CAN, Settings
from channels.kit import meta_reply
from channels.kit.contract import Source
from channels.kit.uploading import addressed, at_hand
from leads.events import Media, Outgoing, SendCode, SendError, Sent, Verb

MEGABYTE = 1024 * 1024
LIMITS = {"image": 8 * MEGABYTE, "video": 25 * MEGABYTE, "audio": 25 * MEGABYTE, "file": 25 * MEGABYTE}
FORMATS = {
    **dict.fromkeys(("image/png", "image/jpeg", "image/gif"), "image"),
    **dict.fromkeys(
        ("video/mp4", "video/ogg", "video/x-msvideo", "video/avi", "video/quicktime", "video/webm"), "video"
    ),
    **dict.fromkeys(
        ("audio/aac", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/wav", "audio/x-wav", "audio/wave"),
        "audio",
    ),
    "application/pdf": "file",
}
_UNTOLD = frozenset({"", "application/octet-stream"})
_HEARTS = frozenset({"❤", "♥"})
_SERIOUS = frozenset({SendCode.UNAVAILABLE, SendCode.RETRY, SendCode.MISCONFIGURED})


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """One message, reaction, mark, or the private reply to a comment."""
    if outgoing.recipient.startswith(THREAD):
        return await _answer_comment(http, source, outgoing)
    if outgoing.verb is Verb.REACT:
        return await _post(http, source, meta_reply.reaction(outgoing, _heart(outgoing.text)))
    if outgoing.verb is Verb.READ:
        return await _mark(http, source, outgoing.recipient)
    params = meta_reply.body(outgoing, {"id": outgoing.recipient}, _content(outgoing, media))
    return await _post(http, source, params, codes=meta_reply.codes_of(outgoing, CODES))


async def typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    """Shown until our message comes."""
    if recipient.startswith(THREAD):
        return
    with suppress(SendError):
        await _post(http, source, meta_reply.action(recipient, "typing_on"))


async def _answer_comment(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing) -> Sent:
    """It needs no tag, for it has seven days of its own; it goes to the account even with Facebook Login."""
    settings: Settings = source.settings
    if outgoing.verb is Verb.READ:
        return Sent("")
    if outgoing.verb is not Verb.SEND:
        raise SendError(SendCode.PERMANENT, "a comment takes one private reply, and nothing else")
    if outgoing.attachment is not None:
        raise SendError(SendCode.BAD_MEDIA, "a private reply to a comment is text only")
    reply = {
        "recipient": {"comment_id": outgoing.recipient.removeprefix(THREAD)},
        "message": _text(outgoing),
    }
    path = f"{settings.account_id}/messages"
    return meta_reply.sent(await call(http, source, "POST", path, what="private reply", json=reply))


async def _post(http: aiohttp.ClientSession, source: Source, params: dict[str, Any], **options: Any) -> Sent:
    settings: Settings = source.settings
    path = f"{settings.sender_id}/messages"
    return meta_reply.sent(await call(http, source, "POST", path, what="messages", json=params, **options))


async def _mark(http: aiohttp.ClientSession, source: Source, recipient: str) -> Sent:
    """Documented for Pages; an account that may not do it has lost nothing."""
    try:
        return await _post(http, source, meta_reply.action(recipient, "mark_seen"))
    except SendError as error:
        if error.code in _SERIOUS:
            raise
        return Sent("")


def _heart(emoji: str) -> str:
    """The one reaction that has a name there."""
    if not emoji:
        return ""
    if emoji.removesuffix("\ufe0f") not in _HEARTS:
        raise SendError(SendCode.PERMANENT, "Instagram takes no other reaction than ❤")
    return "love"


def _content(outgoing: Outgoing, media: Media | None) -> dict[str, Any]:
    if outgoing.attachment is None:
        return _text(outgoing) | meta_reply.quick_replies(outgoing.buttons)
    kind = _kind(at_hand(media))
    media = addressed(media, "Instagram")
    return {"attachment": {"type": kind, "payload": {"url": media.url}}}


def _kind(media: Media) -> str:
    """By format: a picture that was sent as a file goes as a picture."""
    guessed = mimetypes.guess_type(media.name)[0] or ""
    mime = guessed if media.mime in _UNTOLD else media.mime
    kind = FORMATS.get(mime)
    if kind is None:
        raise SendError(SendCode.BAD_MEDIA, f"Instagram takes no {mime or 'file of an unknown type'}")
    if (media.size or 0) > LIMITS[kind]:
        raise SendError(SendCode.BAD_MEDIA, f"larger than {LIMITS[kind]} bytes")
    return kind


def _text(outgoing: Outgoing) -> dict[str, Any]:
    if len(outgoing.text.encode("utf-8", "replace")) > CAN.text_bytes or len(outgoing.text) > CAN.text_limit:
        raise SendError(SendCode.TOO_LONG, f"longer than {CAN.text_bytes} bytes")
    return {"text": outgoing.text}
