"""How updates reach us: by long poll or by webhook, of which a bot has one at a time.

Source: https://core.telegram.org/bots/api#getting-updates
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.telegram import api
from channels.telegram.inbound import UPDATES
from channels.telegram.schema import Me, Update
from channels.telegram.settings import Settings
from leads.events import Call, SendCode, SendError

WAIT = 25  # seconds that Telegram holds an empty poll
PAGE = 16  # updates at once: an answer stays below the size that `kit/outbound.py` reads


async def poll(
    http: aiohttp.ClientSession, source: Source, cursor: str, now: Callable[[], datetime]
) -> tuple[Sequence[Call], str]:
    """One long poll; the next one's offset confirms what this one gave."""
    params: dict[str, Any] = {"timeout": WAIT, "limit": PAGE, "allowed_updates": UPDATES}
    if cursor:
        params["offset"] = int(cursor)
    try:
        result = await api.call(http, source, "getUpdates", seconds=WAIT + 10, json=params)
    except SendError as error:
        if "deleteWebhook" not in error.detail:
            raise
        # "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        await api.call(http, source, "deleteWebhook", json={"drop_pending_updates": False})
        return (), cursor
    return _page(result, cursor, now())


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Have updates sent to `url` from now on; what is waiting there comes too."""
    settings: Settings = source.settings
    webhook = {
        "url": url,
        "secret_token": settings.secret.get_secret_value(),
        "allowed_updates": UPDATES,
        "max_connections": 40,
        "drop_pending_updates": False,
    }
    await api.call(http, source, "setWebhook", json=webhook)


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The bot's @username."""
    settings: Settings = source.settings
    try:
        username = Me.model_validate(await api.call(http, source, "getMe")).username
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, "getMe: no bot in the answer") from None
    expected = settings.username.removeprefix("@")
    if expected and expected.lower() != username.lower():
        raise SendError(SendCode.MISCONFIGURED, f"the token belongs to @{username}, not to @{expected}")
    return f"@{username}"


def _page(result: object, cursor: str, now: datetime) -> tuple[Sequence[Call], str]:
    """One odd update is passed on to be parked; with nothing to confirm we would get the same for ever."""
    updates = result if isinstance(result, list) else [None]
    ids = [id_ for update in updates if (id_ := _id(update)) is not None]
    if updates and not ids:
        raise SendError(SendCode.UNAVAILABLE, "getUpdates: no update_id in the answer")
    return [_call(update, now) for update in updates], str(max(ids) + 1) if ids else cursor


def _id(update: object) -> int | None:
    try:
        return Update.model_validate(update).update_id
    except ValidationError:
        return None


def _call(update: object, now: datetime) -> Call:
    """As a webhook would have brought it; escapes keep even half a surrogate pair."""
    return Call("POLL", {"content-type": "application/json"}, {}, json.dumps(update).encode(), now)
