"""One call to the Graph API: Instagram's own host or Facebook's, as the account was connected."""

from __future__ import annotations

from typing import Any

import aiohttp

from channels.instagram.settings import Settings
from channels.kit import meta, meta_reply
from channels.kit.contract import Source
from leads.events import SendCode

HOSTS = {"instagram": "https://graph.instagram.com", "facebook": meta.PUBLIC}

# https://developers.facebook.com/docs/messenger-platform/error-codes, those with 25340xx
CODES: meta.Codes = {
    **meta_reply.CODES,
    (10, 2534077): SendCode.MISCONFIGURED,  # the link between account and Page is broken
    (100, 2534015): SendCode.PERMANENT,  # invalid data
    (100, 2534025): SendCode.PERMANENT,  # this comment takes no private reply: it had one, or is too old
    (100, 2534037): SendCode.PERMANENT,  # another app holds the conversation
    (200, 2534041): SendCode.MISCONFIGURED,  # the owner has not allowed access to messages
}


async def call(
    http: aiohttp.ClientSession, source: Source, method: str, path: str, *, what: str, **options: Any
) -> Any:
    """Its JSON; raises `SendError`."""
    settings: Settings = source.settings
    options = {"token": settings.token, "codes": CODES, "public": HOSTS[settings.login]} | options
    return await meta_reply.call(http, source, method, path, what=what, **options)
