"""Files: what a customer sent, and what goes up before it is sent.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
"""

from __future__ import annotations

import re
from dataclasses import replace

import aiohttp

from channels.kit import meta
from channels.kit.contract import Source
from channels.kit.fetching import fetch_url
from channels.kit.uploading import file_form, file_name, mime_type
from channels.whatsapp import api
from channels.whatsapp.errors import MEDIA_CODES
from channels.whatsapp.settings import Settings
from leads.events import Attachment, Media, MediaKind, SendCode, SendError

MIB = 1024 * 1024
UPLOAD_SECONDS = 120.0
DOCUMENT_LIMIT = 100 * MIB

# Our kind -> theirs, the types that it takes and how large they may be; everything else goes as a document.
_NATIVE = {
    MediaKind.PHOTO: ("image", frozenset({"image/jpeg", "image/png"}), 5 * MIB),
    MediaKind.VIDEO: ("video", frozenset({"video/mp4", "video/3gpp"}), 16 * MIB),
    MediaKind.VOICE: ("audio", frozenset({"audio/ogg"}), 16 * MIB),
    MediaKind.AUDIO: (
        "audio",
        frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
        16 * MIB,
    ),
}


async def fetch_media(http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
    """Ask where the file is, and get it there within five minutes."""
    settings: Settings = source.settings
    if not re.fullmatch(r"[\w.-]{1,500}", attachment.ref, re.ASCII):
        raise SendError(SendCode.BAD_MEDIA, "media: no id")
    params = {"phone_number_id": settings.phone_number_id}
    found = await api.call(
        http, source, "GET", attachment.ref, what="media", codes=MEDIA_CODES, params=params
    )
    url = found.get("url") if isinstance(found, dict) else None
    if not isinstance(url, str) or not url:
        raise SendError(SendCode.UNAVAILABLE, "media: no url in the answer")
    return await fetch_url(http, source, url, attachment, headers=meta.bearer(settings.token))


def wire_type(attachment: Attachment, media: Media, text: str) -> str:
    """As what it goes: in its own kind if it fits; under audio WhatsApp has no room for words."""
    size = media.size or 0
    if size > DOCUMENT_LIMIT:
        raise SendError(SendCode.BAD_MEDIA, f"larger than {DOCUMENT_LIMIT} bytes")
    kind, mimes, limit = _NATIVE.get(attachment.kind, ("document", frozenset[str](), 0))
    fits = _plain(media.mime or attachment.mime) in mimes and size <= limit
    return kind if fits and not (kind == "audio" and text) else "document"


async def upload(http: aiohttp.ClientSession, source: Source, attachment: Attachment, media: Media) -> str:
    """The file's id, good for thirty days."""
    settings: Settings = source.settings
    mime = _plain(media.mime or attachment.mime)
    form = file_form(
        {"messaging_product": "whatsapp", "type": mime},
        "file",
        replace(media, mime=mime),
        name(attachment, media),
    )
    answer = await api.call(
        http,
        source,
        "POST",
        f"{settings.phone_number_id}/media",
        what="upload",
        seconds=UPLOAD_SECONDS,
        data=form,
    )
    found = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(found, str) or not found:
        raise SendError(SendCode.UNAVAILABLE, "upload: no id in the answer")
    return found


def name(attachment: Attachment, media: Media) -> str:
    """What the customer sees above a document."""
    return file_name(media.name or attachment.name)


def _plain(mime: str) -> str:
    """Without parameters (`audio/ogg; codecs=opus`)."""
    return mime_type(mime.partition(";")[0].strip().lower())
