"""Puts a file onto VK's servers: ask where, send it there, have it kept.

Source: https://dev.vk.com/ru/api/upload/overview
"""

from __future__ import annotations

from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit import outbound
from channels.kit.contract import Source
from channels.kit.fetching import link, reaching
from channels.kit.uploading import at_hand, file_form, file_name
from channels.vk import api
from channels.vk.schema import Saved, Upload
from leads.events import Attachment, Media, MediaKind, SendCode, SendError

# https://dev.vk.com/ru/api/upload/photo-in-message, https://dev.vk.com/ru/api/upload/document-in-message
PHOTO_LIMIT = 50 * 1024 * 1024
FILE_LIMIT = 200 * 1024 * 1024
SECONDS = 120.0
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
}


async def upload(
    http: aiohttp.ClientSession, source: Source, peer: int, attachment: Attachment, media: Media | None
) -> str:
    """How messages.send names the file. What VK refuses about it is bad media, not the source's trouble."""
    media = at_hand(media)
    if (media.size or 0) > (PHOTO_LIMIT if attachment.kind is MediaKind.PHOTO else FILE_LIMIT):
        raise SendError(SendCode.BAD_MEDIA, f"VK takes no {attachment.kind} of {media.size} bytes")
    try:
        if attachment.kind is MediaKind.PHOTO:
            return await _photo(http, source, peer, attachment, media)
        return await _document(http, source, peer, attachment, media)
    except SendError as error:
        code = SendCode.BAD_MEDIA if error.code is SendCode.PERMANENT else error.code
        raise SendError(code, error.detail, retry_after=error.retry_after) from None


async def _photo(
    http: aiohttp.ClientSession, source: Source, peer: int, attachment: Attachment, media: Media
) -> str:
    place = await api.call(http, source, "photos.getMessagesUploadServer", peer_id=peer)
    given = await _put(http, source, place, "photo", attachment, media)
    kept = {name: str(given.get(name, "")) for name in ("server", "photo", "hash")}
    if kept["photo"] in {"", "[]"}:
        raise SendError(SendCode.BAD_MEDIA, "VK could not read the picture")
    saved = await api.call(http, source, "photos.saveMessagesPhoto", **kept)
    return _kept("photo", saved[0] if isinstance(saved, list) and saved else None)


async def _document(
    http: aiohttp.ClientSession, source: Source, peer: int, attachment: Attachment, media: Media
) -> str:
    type_ = "audio_message" if attachment.kind is MediaKind.VOICE else "doc"
    place = await api.call(http, source, "docs.getMessagesUploadServer", type=type_, peer_id=peer)
    given = await _put(http, source, place, "file", attachment, media)
    if not isinstance(given.get("file"), str):
        sentence = given.get("error_descr") or given.get("error") or "VK did not take the file"
        raise SendError(SendCode.BAD_MEDIA, str(sentence)[: outbound.DETAIL_LIMIT])
    saved = await api.call(http, source, "docs.save", file=given["file"], title=_file_name(attachment, media))
    kind = str(saved.get("type")) if isinstance(saved, dict) else ""
    return _kept(kind, saved.get(kind) if kind else None)


async def _put(
    http: aiohttp.ClientSession, source: Source, place: Any, field: str, attachment: Attachment, media: Media
) -> dict[str, Any]:
    try:
        url = link(Upload.model_validate(place).upload_url)
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, "VK gave no address for the upload") from None
    form = file_form({}, field, media, _file_name(attachment, media))
    async with reaching(http, source, url) as session:
        given = await outbound.request_json(
            session, "POST", str(url), what="upload", seconds=SECONDS, data=form
        )
    if not isinstance(given, dict):
        raise SendError(SendCode.UNAVAILABLE, "upload: the answer is no object")
    return given


def named(kind: str, file: Saved) -> str:
    """As the methods of messages name an attachment."""
    return f"{kind}{file.owner_id}_{file.id}" + (f"_{file.access_key}" if file.access_key else "")


def _kept(kind: str, saved: Any) -> str:
    try:
        return named(kind, Saved.model_validate(saved))
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, "VK did not name the file that it keeps") from None


def _file_name(attachment: Attachment, media: Media) -> str:
    """VK tells a type by the name's ending."""
    name = media.name or attachment.name or "file"
    return file_name(name if "." in name else name + ENDINGS.get(media.mime, ".bin"))
