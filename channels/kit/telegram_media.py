"""Fetches what a customer sent.

Source: https://core.telegram.org/bots/api#getfile
"""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import aiohttp
from pydantic import ValidationError

from channels.kit import outbound
from channels.kit import telegram_api as api
from channels.kit.contract import Source
from channels.kit.telegram_schema import FilePath
from leads.events import Attachment, Media, SendCode, SendError

LIMIT = 20 * 1024 * 1024


async def fetch_media(http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
    """Ask where the file is and get it; its address holds the token and never leaves this function."""
    if not attachment.ref or (attachment.size or 0) > LIMIT:
        raise SendError(SendCode.BAD_MEDIA, f"no file, or larger than {LIMIT} bytes")
    path = _path(await api.call(http, source, "getFile", json={"file_id": attachment.ref}))
    return await outbound.download(
        http,
        f"{api.base(source)}/file/bot{api.token(source)}/{quote(path)}",
        what="file",
        limit=LIMIT,
        name=attachment.name,
        mime=attachment.mime,
        explain=partial(_explained, source),
    )


def _path(result: object) -> str:
    try:
        file = FilePath.model_validate(result)
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, "getFile: no file in the answer") from None
    if (file.file_size or 0) > LIMIT:
        raise SendError(SendCode.BAD_MEDIA, f"larger than {LIMIT} bytes")
    # A server in local mode tells a path on its own disk; "dot" parts would lead to another method.
    if not file.file_path or not all(part.strip(".") for part in file.file_path.split("/")):
        raise SendError(SendCode.BAD_MEDIA, "getFile: no path that can be downloaded")
    return file.file_path


def _explained(source: Source, answer: outbound.VendorAnswer) -> SendError:
    """Here a 404 is about the file, which may be forgotten an hour after getFile."""
    error = api.explained(source, "file", answer)
    if answer.status == 404:
        return SendError(SendCode.BAD_MEDIA, error.detail)
    return error
