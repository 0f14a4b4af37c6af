"""Fetches what a customer sent.

Source: https://developers.line.biz/en/reference/messaging-api/#getting-content
"""

from __future__ import annotations

import re

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.kit.fetching import fetch_url
from channels.kit.outbound import request_json
from channels.line import api
from channels.line.schema import Transcoding
from leads.events import Attachment, Media, MediaKind, SendCode, SendError

SOON = 3.0  # seconds until LINE is asked again for what it still converts
_CONVERTED = frozenset({MediaKind.VIDEO, MediaKind.AUDIO})


async def fetch_media(http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
    """By the message's id from LINE's host for files, with our token; by its address from anybody else's."""
    if attachment.ref.startswith(("https://", "http://")):
        return await fetch_url(http, source, attachment.ref, attachment)
    if re.fullmatch(r"[\w-]{1,100}", attachment.ref, re.ASCII) is None:
        raise SendError(SendCode.BAD_MEDIA, "the message has no id by which its file could be fetched")
    content = f"{api.base(source, api.PUBLIC_DATA)}/v2/bot/message/{attachment.ref}/content"
    if attachment.kind in _CONVERTED:
        await _ready(http, source, content)
    return await fetch_url(http, source, content, attachment, headers=api.bearer(source))


async def _ready(http: aiohttp.ClientSession, source: Source, content: str) -> None:
    url = f"{content}/transcoding"
    answer = await request_json(http, "GET", url, what="transcoding", headers=api.bearer(source))
    try:
        status = Transcoding.model_validate(answer).status
    except ValidationError:
        status = ""
    if status == "processing":
        raise SendError(SendCode.RETRY, "LINE is still converting it", retry_after=SOON)
    if status == "failed":
        raise SendError(SendCode.BAD_MEDIA, "LINE could not convert it")
