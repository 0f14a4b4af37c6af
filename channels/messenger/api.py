"""One call to the Graph API with the Page's token."""

from __future__ import annotations

from typing import Any

import aiohttp

from channels.kit import meta_reply
from channels.kit.contract import Source
from channels.messenger.settings import Settings


async def call(
    http: aiohttp.ClientSession, source: Source, method: str, path: str, *, what: str, **options: Any
) -> Any:
    """Its JSON; raises `SendError`."""
    settings: Settings = source.settings
    options = {"token": settings.token, "codes": meta_reply.CODES} | options
    return await meta_reply.call(http, source, method, path, what=what, **options)
