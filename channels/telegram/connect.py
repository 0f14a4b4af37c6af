"""How updates of this channel's kinds reach us, and who the bot is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import aiohttp

from channels.kit import telegram_connecting as connecting
from channels.kit.contract import Source
from channels.kit.telegram_pressing import stop_spinners
from channels.telegram.inbound import UPDATES
from leads.events import Call


async def poll(
    http: aiohttp.ClientSession, source: Source, cursor: str, now: Callable[[], datetime]
) -> tuple[Sequence[Call], str]:
    """One long poll."""
    calls, cursor = await connecting.poll(http, source, cursor, now, UPDATES)
    await stop_spinners(http, source, calls)
    return calls, cursor


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Have updates sent to `url` from now on."""
    await connecting.register(http, source, url, UPDATES)


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """What keeps Telegram from sending updates to `url`; else empty."""
    return await connecting.registered(http, source, url, UPDATES)


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The bot's @username."""
    return f"@{(await connecting.me(http, source)).username}"
