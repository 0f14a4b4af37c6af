"""Files: fetches what a customer sent, uploads what goes out.

Source: https://dev.max.ru/docs-api/methods/POST/uploads
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import ValidationError

from channels.kit import outbound
from channels.kit.contract import Source
from channels.kit.fetching import fetch_url, link, reaching
from channels.kit.uploading import at_hand, file_form
from channels.max import api
from channels.max.content import VIDEO
from channels.max.schema import Upload, Uploaded, Video
from channels.max.trust import trusting
from leads.events import Attachment, Media, MediaKind, SendCode, SendError

UPLOAD_TIMEOUT = 120.0

_TYPES = {
    MediaKind.PHOTO: "image",
    MediaKind.VIDEO: "video",
    MediaKind.VOICE: "audio",
    MediaKind.AUDIO: "audio",
    MediaKind.FILE: "file",
}
# Good enough to look at, and small enough for a manager's Telegram.
_SIZES = ("mp4_720", "mp4_480", "mp4_360", "mp4_240", "mp4_144", "mp4_1080")


async def fetch_media(http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
    """The file behind its link, which needs no token; of a video the link is asked for."""
    url = attachment.ref
    if url.startswith(VIDEO):
        url = await _video(http, source, url.removeprefix(VIDEO))
    if not url:
        raise SendError(SendCode.BAD_MEDIA, "the file has no link")
    return await fetch_url(http, source, url, attachment, **trusting(source))


async def uploaded(
    http: aiohttp.ClientSession, source: Source, attachment: Attachment, media: Media | None
) -> dict[str, Any]:
    """The attachment of a message, its bytes being at MAX now; raises `SendError`."""
    if attachment.kind not in _TYPES:
        raise SendError(SendCode.BAD_MEDIA, f"no way to send a {attachment.kind}")
    media = at_hand(media)
    kind = _TYPES[attachment.kind]
    place = await api.call(http, source, "POST", "uploads", Upload, params={"type": kind})
    token = await _upload(http, source, place, attachment, media)
    return {"type": kind, "payload": {"token": token}}


async def _video(http: aiohttp.ClientSession, source: Source, token: str) -> str:
    video = await api.call(http, source, "GET", f"videos/{quote(token, safe='')}", Video)
    urls = video.urls.model_dump() if video.urls else {}
    return next((urls[size] for size in _SIZES if urls.get(size)), "")


async def _upload(
    http: aiohttp.ClientSession, source: Source, place: Upload, attachment: Attachment, media: Media
) -> str:
    form = file_form({}, "data", media, media.name or attachment.name)
    try:
        # The bytes go where MAX says, but never in the clear or inwards.
        async with reaching(http, source, link(place.url)) as session:
            answer = await api.request(
                session,
                source,
                "POST",
                place.url,
                what="upload",
                data=form,
                seconds=UPLOAD_TIMEOUT,
                explain=partial(_explained, source),
            )
    except SendError as error:
        # To video and audio the answer is XML; their token came before.
        if not (place.token and error.detail.startswith("upload: 2")):
            raise
        return place.token
    return place.token or _token(answer)


def _token(answer: Any) -> str:
    """Of a file its own, of an image that of its one photo."""
    try:
        uploaded = Uploaded.model_validate(answer)
    except ValidationError:
        uploaded = Uploaded()
    tokens = (one.token for one in (uploaded, *(uploaded.photos or {}).values()))
    token = next(filter(None, tokens), "")
    if not token:
        raise SendError(SendCode.BAD_MEDIA, "upload: MAX gave no token for the file")
    return token


def _explained(source: Source, answer: outbound.VendorAnswer) -> SendError:
    """What this server refuses is the file, not the bot."""
    error = api.explained(source, "upload", answer)
    if 400 <= answer.status < 500 and error.code is not SendCode.RETRY:
        return SendError(SendCode.BAD_MEDIA, error.detail)
    return error
