"""How updates of this channel's kinds reach us, and who the bot is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

import aiohttp
from pydantic import ValidationError

from channels.kit import telegram_api as api
from channels.kit import telegram_connecting as connecting
from channels.kit.contract import Answered, Outcome, Reply, Source
from channels.kit.edge import default_answer, json_reply
from channels.kit.telegram_schema import Pressed
from channels.telegram.inbound import UPDATES
from leads.events import Call, SendError

_PRESSED = "answerCallbackQuery"
_TAKEN = {Outcome.ACCEPTED, Outcome.DUPLICATE}


async def poll(
    http: aiohttp.ClientSession, source: Source, cursor: str, now: Callable[[], datetime]
) -> tuple[Sequence[Call], str]:
    """One long poll."""
    calls, cursor = await connecting.poll(http, source, cursor, now, UPDATES)
    for press in filter(None, map(_press, calls)):
        # Only the button's spinner stops by that, so it may be before the press is stored.
        with suppress(SendError):
            await api.call(http, source, _PRESSED, seconds=5, json={"callback_query_id": press})
    return calls, cursor


def answer(source: Source, call: Call, answered: Answered) -> Reply:
    """Telegram takes a method as the answer, which saves a call.

    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """
    press = _press(call) if answered.outcome in _TAKEN else ""
    if not press:
        return default_answer(source, call, answered)
    return json_reply({"method": _PRESSED, "callback_query_id": press})


def _press(call: Call) -> str:
    """The id of a pressed button's query, if it is one."""
    if b'"callback_query"' not in call.body:
        return ""
    try:
        return Pressed.model_validate_json(call.body).callback_query.id
    except ValidationError:
        return ""


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Have updates sent to `url` from now on."""
    await connecting.register(http, source, url, UPDATES)


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """What keeps Telegram from sending updates to `url`; else empty."""
    return await connecting.registered(http, source, url, UPDATES)


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The bot's @username."""
    return f"@{(await connecting.me(http, source)).username}"
