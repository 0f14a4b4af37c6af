"""How updates of this channel's kinds reach us, and whether the bot may be connected at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import aiohttp

from channels.kit import telegram_connecting as connecting
from channels.kit.contract import Source
from channels.kit.telegram_pressing import stop_spinners
from channels.telegram_business.inbound import UPDATES
from leads.events import Call, SendCode, SendError


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
    """What keeps Telegram from sending these updates to `url`; else empty."""
    return await connecting.registered(http, source, url, UPDATES)


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The bot's @username. Which accounts are connected cannot be asked."""
    bot = await connecting.me(http, source)
    if not bot.can_connect_to_business:
        raise SendError(
            SendCode.MISCONFIGURED,
            f"@{bot.username} cannot be connected to an account: @BotFather › Bot Settings › Business Mode",
        )
    return f"@{bot.username}"
