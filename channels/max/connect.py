"""How updates reach us: by long poll or by webhook; while there is a webhook, polls bring nothing.

Source: https://dev.max.ru/docs-api/methods/POST/subscriptions, https://dev.max.ru/docs-api/methods/GET/updates
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import aiohttp

from channels.kit.contract import Source
from channels.kit.polling import polled
from channels.max import api
from channels.max.inbound import UPDATES
from channels.max.schema import Me, Page, Subscription, Subscriptions
from channels.max.settings import Settings
from leads.events import Call, SendCode, SendError

WAIT = 25  # seconds that MAX holds an empty poll; 30 at most
PAGE = 50  # updates at once, of 100 at most: an answer stays below the size that `kit/outbound.py` reads


async def poll(
    http: aiohttp.ClientSession, source: Source, cursor: str, now: Callable[[], datetime]
) -> tuple[Sequence[Call], str]:
    """One long poll; its marker, given with the next one, confirms what this one gave."""
    params = {"limit": str(PAGE), "timeout": str(WAIT), "types": ",".join(UPDATES)}
    if cursor:
        params["marker"] = cursor
    try:
        page = await api.call(http, source, "GET", "updates", Page, params=params, seconds=WAIT + 10)
    except SendError as error:
        if error.code is SendCode.PERMANENT and await _take_webhooks_off(http, source):
            return (), cursor
        raise
    if not page.updates:
        await _take_webhooks_off(http, source)
    elif page.marker is None:  # with nothing to confirm we would get the same for ever
        raise SendError(SendCode.UNAVAILABLE, "GET /updates: no marker in the answer")
    moment, marker = now(), cursor if page.marker is None else str(page.marker)
    return [polled(update, moment) for update in page.updates], marker


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Have updates pushed to `url` from now on; MAX takes https on port 443 only."""
    settings: Settings = source.settings
    webhook = {"url": url, "update_types": UPDATES, "secret": settings.secret.get_secret_value()}
    await api.ask(http, source, "POST", "subscriptions", json=webhook)


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """MAX drops a subscription after eight hours without a success, and does not show its secret."""
    found = [one for one in await _webhooks(http, source) if one.url == url]
    if not found:
        return "MAX has no webhook with this address"
    missing = set(UPDATES) - set(found[0].update_types or UPDATES)
    return f"MAX does not push {', '.join(sorted(missing))}" if missing else ""


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The bot's @username."""
    settings: Settings = source.settings
    me = await api.call(http, source, "GET", "me", Me)
    username, expected = me.username, settings.username.removeprefix("@")
    if expected and expected.lower() != username.lower():
        raise SendError(SendCode.MISCONFIGURED, f"the token belongs to @{username}, not to @{expected}")
    return f"@{username}" if username else me.first_name or str(me.user_id)


async def _webhooks(http: aiohttp.ClientSession, source: Source) -> list[Subscription]:
    return (await api.call(http, source, "GET", "subscriptions", Subscriptions)).subscriptions


async def _take_webhooks_off(http: aiohttp.ClientSession, source: Source) -> bool:
    """Whether there was one: it would get what we poll for."""
    found = await _webhooks(http, source)
    for one in found:
        await api.ask(http, source, "DELETE", "subscriptions", params={"url": one.url})
    return bool(found)
