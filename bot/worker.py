"""One stored update of the managers' bot: read it, let a handler act on it, settle its row."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from aiogram.types import Update
from pydantic import ValidationError

from bot.polling import KINDS
from bot.turn import Desk, Turn
from leads.changes import DeskUpdate, Settle
from leads.errors import LostLease, Refused

log = logging.getLogger(__name__)


async def handle(update: DeskUpdate, desk: Desk) -> None:
    """Settle the update with whatever it causes.

    A rule's no is said where it was asked, what cannot be read is parked; any other error is the caller's.
    """
    turn = Turn(desk, Settle("inbox", update.inbox_id, update.attempt), desk.now())
    try:
        await _feed(update.update, turn)
        if not turn.settled:
            await turn.answer()
    except LostLease:
        log.info("update of inbox row %d went to another worker", update.inbox_id)


async def _feed(raw: Mapping[str, Any], turn: Turn) -> None:
    if "unreadable" in raw:
        await turn.park("the body posted by Telegram is no JSON object with an update_id")
        return
    if not any(kind in raw for kind in KINDS):
        return
    try:
        event = Update.model_validate(raw, context={"bot": turn.desk.bot})
    except ValidationError as error:
        await turn.park(_reason(error))
        return
    try:
        await turn.desk.dispatcher.feed_update(turn.desk.bot, event, turn=turn)
    except Refused as refused:
        args = {name: _plain(value) for name, value in refused.args_.items()}
        await turn.answer(turn.say(refused.reason, **args))


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"this update cannot be read: {place}: {first['msg']}"


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float) or value is None else str(value)
