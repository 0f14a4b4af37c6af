"""One call to the Graph API for one number."""

from __future__ import annotations

from typing import Any

import aiohttp

from channels.kit import meta
from channels.kit.contract import Source
from channels.whatsapp.errors import CODES, PAIR_PAUSE
from channels.whatsapp.settings import Settings
from leads.events import SendCode, SendError


async def call(
    http: aiohttp.ClientSession,
    source: Source,
    method: str,
    path: str,
    *,
    what: str,
    codes: meta.Codes = CODES,
    **options: Any,
) -> Any:
    """Its JSON; raises `SendError`. `options` go to aiohttp."""
    settings: Settings = source.settings
    try:
        return await meta.graph(
            http,
            source,
            method,
            path,
            what=what,
            token=settings.token,
            codes=codes,
            version=settings.version,
            **options,
        )
    except SendError as error:
        if error.code is SendCode.RETRY and error.retry_after is None:
            error.retry_after = PAIR_PAUSE
        raise
