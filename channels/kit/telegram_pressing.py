"""Pressed buttons: reading them, and stopping the spinner that Telegram shows on them.

Source: https://core.telegram.org/bots/api#callbackquery
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import aiohttp
from pydantic import ValidationError

from channels.kit import telegram_api as api
from channels.kit.contract import Answered, Ignored, Outcome, Reply, Source
from channels.kit.edge import default_answer, json_reply
from channels.kit.telegram_reading import foreign, person
from channels.kit.telegram_schema import CallbackQuery, Pressed
from leads.events import Call, Inbound, Kind, SendError

_PRESSED = "answerCallbackQuery"
_TAKEN = {Outcome.ACCEPTED, Outcome.DUPLICATE}


def clicked(event_id: str, press: CallbackQuery) -> Inbound | Ignored:
    """A press in a private chat, with the button's words where the message can still be seen."""
    message = press.message
    if why := foreign(message.chat if message else None, press.from_):
        return Ignored(why)
    buttons = [one for row in message.reply_markup.inline_keyboard for one in row] if message else []
    title = next((one.text for one in buttons if one.callback_data == press.data), "")
    return Inbound(
        kind=Kind.CLICK,
        sender=person(press.from_),
        conv=str(press.from_.id),
        event_id=event_id,
        thread=str(press.from_.id),
        message_id=str(message.message_id) if message else "",
        text=press.data,
        fields={"title": title} if title else {},
    )


async def stop_spinners(http: aiohttp.ClientSession, source: Source, calls: Sequence[Call]) -> None:
    """For what was polled. Nothing but the spinner stops, so it may be before the press is stored."""
    for press in filter(None, map(_press, calls)):
        with suppress(SendError):
            await api.call(http, source, _PRESSED, seconds=5, json={"callback_query_id": press})


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
