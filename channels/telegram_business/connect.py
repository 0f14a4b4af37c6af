"""How updates of this channel's kinds reach us, and whether the bot may be connected at all."""

from __future__ import annotations

import aiohttp

from channels.kit import telegram_connecting as connecting
from channels.kit.contract import Source
from channels.telegram_business.inbound import UPDATES
from leads.events import SendCode, SendError

RECEIVING = connecting.Receiving(UPDATES)
poll, register, registered = RECEIVING.poll, RECEIVING.register, RECEIVING.registered


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The bot's @username. Which accounts are connected cannot be asked."""
    bot = await connecting.me(http, source)
    if not bot.can_connect_to_business:
        raise SendError(
            SendCode.MISCONFIGURED,
            f"@{bot.username} cannot be connected to an account: @BotFather › Bot Settings › Business Mode",
        )
    return f"@{bot.username}"
