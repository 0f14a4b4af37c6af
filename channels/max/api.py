"""One call to the Bot API, and what its failures mean to us.

Source: https://dev.max.ru/docs-api. The codes are no complete list anywhere, so an unknown one is permanent,
not guessed.
"""

from __future__ import annotations

from functools import partial
from typing import Any, TypeVar

import aiohttp
from pydantic import ValidationError

from channels.kit import outbound
from channels.kit.contract import Source
from channels.kit.tolerant import Wire
from channels.max.schema import Failure
from channels.max.settings import Settings
from channels.max.trust import trusting
from leads.events import SendCode, SendError

PUBLIC = "https://platform-api2.max.ru"
UNTRUSTED = "the certificate is not trusted: set ca_file to the root of the Russian national CA"

# By a part of code and message in lower case; the first that fits.
_BY_WORDS = {
    "verify.token": SendCode.MISCONFIGURED,  # no such token, or revoked
    "dialog.suspended": SendCode.BLOCKED,  # the person stopped the bot; comes as chat.denied
    "chat.denied": SendCode.BLOCKED,
    "access.denied": SendCode.BLOCKED,
    # The chat did write to us once: the account is gone, or it knows another bot. Both need another way.
    "dialog.not.found": SendCode.BLOCKED,
    "dialog.notfound": SendCode.BLOCKED,
    "chat.not.found": SendCode.BLOCKED,
    "text: size must be": SendCode.TOO_LONG,  # "… between 0 and 4000"
    "attachment.not.ready": SendCode.RETRY,  # still being processed
    "not.processed": SendCode.RETRY,  # errors.process.attachment.video.not.processed
    "process.attachment": SendCode.BAD_MEDIA,
}
_BY_STATUS = {
    401: SendCode.MISCONFIGURED,
    413: SendCode.BAD_MEDIA,
    429: SendCode.RETRY,  # more than 2 messages a second to one chat, or 30 calls of the bot
}

Answer = TypeVar("Answer", bound=Wire)


async def call(
    http: aiohttp.ClientSession, source: Source, method: str, path: str, model: type[Answer], **options: Any
) -> Answer:
    """One method's answer in the model's shape; raises `SendError`."""
    data = await ask(http, source, method, path, **options)
    try:
        return model.model_validate(data)
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, f"{named(method, path)}: no such answer was expected") from None


async def ask(http: aiohttp.ClientSession, source: Source, method: str, path: str, **options: Any) -> Any:
    """One method's answer as it came; `params` and `json` go to aiohttp. Raises `SendError`."""
    what = named(method, path)
    headers = {"Authorization": token(source)}
    data = await request(
        http, source, method, f"{base(source)}/{path}", what=what, headers=headers, **options
    )
    if isinstance(data, dict) and data.get("success") is False:
        raise explained(source, what, outbound.VendorAnswer(400, {}, "", data))
    return data


async def request(
    http: aiohttp.ClientSession, source: Source, method: str, url: str, *, what: str, **options: Any
) -> Any:
    """Any call for this source, with what it trusts; the JSON of a 2xx answer. Raises `SendError`."""
    explain = partial(explained, source, what)
    try:
        return await outbound.request_json(
            http, method, url, what=what, **{"explain": explain} | trusting(source) | options
        )
    except SendError as error:
        if "CertificateError" in error.detail:
            raise SendError(SendCode.MISCONFIGURED, f"{what}: {UNTRUSTED}") from None
        raise


def named(method: str, path: str) -> str:
    """The method for people; the rest of a path may be an id or a file's token."""
    return f"{method} /{path.partition('/')[0]}"


def base(source: Source) -> str:
    """MAX's own server, or the one that the settings name."""
    return (source.api_base or PUBLIC).rstrip("/")


def token(source: Source) -> str:
    """For one header, and for the proof of a contact."""
    settings: Settings = source.settings
    return settings.token.get_secret_value()


def explained(source: Source, what: str, answer: outbound.VendorAnswer) -> SendError:
    """The failure in our words, with MAX's sentence beside it."""
    failure = _failure(answer.data)
    told = " ".join(filter(None, (failure.code, failure.message)))
    detail = f"{what}: {answer.status} {told or answer.text}".replace(token(source), "…")
    code = _code(answer.status, told.lower())
    wait = outbound.retry_after(answer.headers) if code is SendCode.RETRY else None
    return SendError(code, detail[: outbound.DETAIL_LIMIT].strip(), retry_after=wait)


def _code(status: int, told: str) -> SendCode:
    if status >= 500 or 200 <= status < 300:  # a broken answer is the server's trouble
        return SendCode.UNAVAILABLE
    if status < 400:  # a redirect is a wrong base URL; the token never follows one
        return SendCode.MISCONFIGURED
    by_words = (code for words, code in _BY_WORDS.items() if words in told)
    return _BY_STATUS.get(status) or next(by_words, SendCode.PERMANENT)


def _failure(data: Any) -> Failure:
    try:
        return Failure.model_validate(data)
    except ValidationError:
        return Failure()
