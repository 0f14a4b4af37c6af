"""How updates reach us: by long poll or by webhook, of which a bot has one at a time.

Source: https://core.telegram.org/bots/api#getting-updates
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit import telegram_api as api
from channels.kit.contract import Source
from channels.kit.polling import polled
from channels.kit.telegram_pressing import stop_spinners
from channels.kit.telegram_schema import Me, Update, Webhook
from leads.events import Call, SendCode, SendError

WAIT = 25  # seconds that Telegram holds an empty poll
PAGE = 16  # updates at once: an answer stays below the size that `kit/outbound.py` reads


@dataclass(frozen=True, slots=True)
class Receiving:
    """For a channel's kinds of updates: its `poll`, `register` and `registered`."""

    updates: Sequence[str]

    async def poll(
        self, http: aiohttp.ClientSession, source: Source, cursor: str, now: Callable[[], datetime]
    ) -> tuple[Sequence[Call], str]:
        """One long poll; the next one's offset confirms what this one gave."""
        params: dict[str, Any] = {"timeout": WAIT, "limit": PAGE, "allowed_updates": self.updates}
        if cursor:
            params["offset"] = int(cursor)
        try:
            result = await api.call(http, source, "getUpdates", seconds=WAIT + 10, json=params)
        except SendError as error:
            if "deleteWebhook" not in error.detail:
                raise
            # "can't use getUpdates method while webhook is active; use deleteWebhook to delete …"
            await api.call(http, source, "deleteWebhook", json={"drop_pending_updates": False})
            return (), cursor
        calls, cursor = _page(result, cursor, now())
        await stop_spinners(http, source, calls)
        return calls, cursor

    async def register(self, http: aiohttp.ClientSession, source: Source, url: str) -> None:
        """Have these updates sent to `url` from now on; what is waiting there comes too."""
        webhook = {
            "url": url,
            "secret_token": source.settings.secret.get_secret_value(),
            "allowed_updates": self.updates,
            "max_connections": 40,
            "drop_pending_updates": False,
        }
        await api.call(http, source, "setWebhook", json=webhook)

    async def registered(self, http: aiohttp.ClientSession, source: Source, url: str) -> str:
        """What keeps Telegram from sending these updates to `url`; else empty."""
        try:
            webhook = Webhook.model_validate(await api.call(http, source, "getWebhookInfo"))
        except ValidationError:
            raise SendError(SendCode.UNAVAILABLE, "getWebhookInfo: no webhook in the answer") from None
        if webhook.url != url:
            return f"the webhook leads to {webhook.url}" if webhook.url else "no webhook is set"
        missing = [kind for kind in self.updates if kind not in webhook.allowed_updates]
        return f"these updates are not asked for: {', '.join(missing)}" if missing else ""


async def me(http: aiohttp.ClientSession, source: Source) -> Me:
    """The bot; raises when the token belongs to another one than the settings say."""
    try:
        bot = Me.model_validate(await api.call(http, source, "getMe"))
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, "getMe: no bot in the answer") from None
    expected = str(source.settings.username).removeprefix("@")
    if expected and expected.lower() != bot.username.lower():
        raise SendError(SendCode.MISCONFIGURED, f"the token belongs to @{bot.username}, not to @{expected}")
    return bot


def _page(result: object, cursor: str, now: datetime) -> tuple[Sequence[Call], str]:
    """One odd update is passed on to be parked; with nothing to confirm we would get the same for ever."""
    updates = result if isinstance(result, list) else [None]
    ids = [id_ for update in updates if (id_ := _id(update)) is not None]
    if updates and not ids:
        raise SendError(SendCode.UNAVAILABLE, "getUpdates: no update_id in the answer")
    return [polled(update, now) for update in updates], str(max(ids) + 1) if ids else cursor


def _id(update: object) -> int | None:
    try:
        return Update.model_validate(update).update_id
    except ValidationError:
        return None
