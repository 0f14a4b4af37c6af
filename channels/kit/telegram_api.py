"""One call to the Bot API, and what its failures mean to us.

Source: https://core.telegram.org/bots/api#making-requests. The sentences are those of the server,
https://github.com/tdlib/telegram-bot-api; they are no contract, so an unknown one is permanent, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit import outbound
from channels.kit.contract import Source
from channels.kit.telegram_schema import Failure
from leads.events import SendCode, SendError

PUBLIC = "https://api.telegram.org"

_BY_STATUS = {
    401: SendCode.MISCONFIGURED,  # Unauthorized: no such token, or revoked
    403: SendCode.BLOCKED,  # blocked by the user, user is deactivated, can't initiate conversation …
    404: SendCode.MISCONFIGURED,  # Not Found: the path, so the token's shape or the base URL
    409: SendCode.UNAVAILABLE,  # Conflict: somebody else polls with this token, or a webhook is set
    413: SendCode.BAD_MEDIA,  # Request Entity Too Large
    429: SendCode.RETRY,
}

# Of a 400 or 403 in the name of a person's account. The first is the server's own sentence, the others are
# Telegram's, https://core.telegram.org/method/messages.sendMessage#possible-errors
_BUSINESS = {
    "business connection not found": SendCode.PERMANENT,
    "business_connection_invalid": SendCode.PERMANENT,
    "business_connection_not_allowed": SendCode.MISCONFIGURED,  # the bot's business mode is off
    "business_peer_usage_missing": SendCode.WINDOW_CLOSED,  # the person has not recently written
    "business_peer_invalid": SendCode.PERMANENT,  # the account keeps this chat from the bot
    "bot_access_forbidden": SendCode.PERMANENT,  # the account has not given this right
}

# Of a 400, by a part of its sentence in lower case; the first that fits.
_BY_WORDS = {
    "too long": SendCode.TOO_LONG,  # message is, message caption is
    "too_long": SendCode.TOO_LONG,
    # The chat did write to us once: the account is gone, or it knows another bot. Both need another way.
    "chat not found": SendCode.BLOCKED,
    "peer_id_invalid": SendCode.BLOCKED,
    "voice_messages_forbidden": SendCode.BAD_MEDIA,  # the person takes no voice messages
    "file": SendCode.BAD_MEDIA,  # file must be non-empty, file is too big, wrong file identifier …
    "photo": SendCode.BAD_MEDIA,  # PHOTO_INVALID_DIMENSIONS, PHOTO_EXT_INVALID …
    "image": SendCode.BAD_MEDIA,  # IMAGE_PROCESS_FAILED
    "video": SendCode.BAD_MEDIA,
    "audio": SendCode.BAD_MEDIA,
    "media": SendCode.BAD_MEDIA,
}


async def call(
    http: aiohttp.ClientSession,
    source: Source,
    method: str,
    *,
    seconds: float = outbound.TIMEOUT,
    **options: Any,
) -> Any:
    """The `result` of one method; `json` or `data` go to aiohttp. Raises `SendError`."""
    explain = partial(explained, source, method)
    url = f"{base(source)}/bot{token(source)}/{method}"
    answer = await outbound.request_json(
        http, "POST", url, what=method, seconds=seconds, explain=explain, **options
    )
    if isinstance(answer, dict) and answer.get("ok") is True:
        return answer.get("result")
    raise explained(source, method, outbound.VendorAnswer(200, {}, "", answer))


def base(source: Source) -> str:
    """Telegram's own server, or the one that the settings name."""
    return (source.api_base or PUBLIC).rstrip("/")


def token(source: Source) -> str:
    """For a path, and for nothing else."""
    return str(source.settings.token.get_secret_value())


def explained(source: Source, what: str, answer: outbound.VendorAnswer) -> SendError:
    """The failure in our words, with Telegram's sentence beside it."""
    failure = _failure(answer.data)
    status = failure.error_code or answer.status
    detail = _scrubbed(source, f"{what}: {status} {failure.description or answer.text}")
    if status == 429:
        wait = failure.parameters.retry_after
        return SendError(
            SendCode.RETRY,
            detail,
            retry_after=outbound.retry_after(answer.headers) if wait is None else wait,
        )
    return SendError(_code(status, failure.description.lower()), detail)


def _code(status: int, description: str) -> SendCode:
    if status in (400, 403) and (code := _first(_BUSINESS, description)):
        return code
    if status == 400:
        return _first(_BY_WORDS, description) or SendCode.PERMANENT
    if status >= 500 or 200 <= status < 300:  # a broken answer is the server's trouble
        return SendCode.UNAVAILABLE
    if 300 <= status < 400:  # a redirect is a wrong base URL; the token never follows one
        return SendCode.MISCONFIGURED
    return _BY_STATUS.get(status, SendCode.PERMANENT)


def _first(table: Mapping[str, SendCode], description: str) -> SendCode | None:
    return next((code for words, code in table.items() if words in description), None)


def _failure(data: Any) -> Failure:
    try:
        return Failure.model_validate(data)
    except ValidationError:
        return Failure()


def _scrubbed(source: Source, text: str) -> str:
    """A proxy's error page may repeat our path, which holds the token."""
    secret = token(source).partition(":")[2]
    return text.replace(secret, "…")[: outbound.DETAIL_LIMIT].strip()
