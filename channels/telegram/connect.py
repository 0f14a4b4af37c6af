"""How updates of this channel's kinds reach us, and who the bot is."""

from __future__ import annotations

import aiohttp

from channels.kit import telegram_connecting as connecting
from channels.kit.contract import Source
from channels.telegram.inbound import UPDATES

RECEIVING = connecting.Receiving(UPDATES)
poll, register, registered = RECEIVING.poll, RECEIVING.register, RECEIVING.registered


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The bot's @username."""
    return f"@{(await connecting.me(http, source)).username}"
