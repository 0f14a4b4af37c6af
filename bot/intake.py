"""The managers' bot by webhook: a genuine update is answered with 200 once it is stored."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.polling import KINDS, Accept
from leads.errors import StoreUnavailable

if TYPE_CHECKING:
    from aiogram import Bot  # slow to import, and the accepting path has no need of it

HEADER = "x-telegram-bot-api-secret-token"


async def take_update(
    headers: Mapping[str, str], body: bytes, secret: str, accept: Accept
) -> tuple[int, str]:
    """Store one posted update; give the HTTP status and a word about it.

    Header names are lower case. What carries the secret and cannot be read is stored raw, to be parked.
    """
    given = headers.get(HEADER, "")
    if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
        return 403, "wrong secret"
    try:
        await accept([_update(body)], None)
    except StoreUnavailable:
        return 503, "try again"
    return 200, "ok"


async def register_webhook(bot: Bot, url: str, secret: str) -> None:
    """Tell Telegram where to post; nothing that waits there is dropped."""
    await bot.set_webhook(url, secret_token=secret, allowed_updates=list(KINDS), drop_pending_updates=False)


def _update(body: bytes) -> Mapping[str, Any]:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        update = None
    if isinstance(update, dict) and type(update.get("update_id")) is int:
        return update
    # Below zero, where Telegram's own numbers never are; the same body gets the same number.
    number = -int.from_bytes(hashlib.sha256(body).digest()[:7], "big")
    return {"update_id": number, "unreadable": body.decode("utf-8", "replace")}
