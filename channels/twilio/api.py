"""One call to Twilio's REST API.

Source: https://www.twilio.com/docs/usage/twilios-response
"""

from __future__ import annotations

from typing import Any

import aiohttp
from pydantic import ValidationError
from yarl import URL

from channels.kit.contract import Source
from channels.kit.outbound import DETAIL_LIMIT, VendorAnswer, request_json, retry_after
from channels.kit.tolerant import Wire
from channels.twilio.codes import meaning
from channels.twilio.settings import Settings
from leads.events import SendCode, SendError

PUBLIC = "https://api.twilio.com"


class Failure(Wire):
    """An answer that is no 2xx."""

    code: int | None = None
    message: str = ""


async def call(http: aiohttp.ClientSession, source: Source, method: str, path: str, **options: Any) -> Any:
    """The answer of `path` below the account; `data` or `params` go to aiohttp. Raises `SendError`."""
    settings: Settings = source.settings
    url = f"{base(source)}/2010-04-01/Accounts/{settings.account_sid}/{path}"
    return await request(http, source, method, url, what=path, **options)


async def request(
    http: aiohttp.ClientSession, source: Source, method: str, url: str, *, what: str, **options: Any
) -> Any:
    """The answer of any of Twilio's addresses. Raises `SendError`."""
    headers = {"Authorization": auth(source)}
    return await request_json(http, method, url, what=what, explain=explained, headers=headers, **options)


def base(source: Source) -> str:
    """Twilio's own server, or the one that the settings name."""
    return (source.api_base or PUBLIC).rstrip("/")


def auth(source: Source) -> str:
    """The header's value: an API key where there is one, else the account itself."""
    settings: Settings = source.settings
    secret = settings.api_secret or settings.auth_token
    user = settings.api_key or settings.account_sid
    return aiohttp.encode_basic_auth(user, secret.get_secret_value())


def is_theirs(source: Source, url: str) -> bool:
    """Whether the account's secret may go there."""
    try:
        target = URL(url)
        ours = bool(source.api_base) and target.origin() == URL(source.api_base).origin()
    except ValueError:
        return False
    return ours or (target.scheme == "https" and (target.host or "").endswith(".twilio.com"))


def explained(answer: VendorAnswer) -> SendError | None:
    """The failure by Twilio's code; None where it told none and the status has to do."""
    try:
        failure = Failure.model_validate(answer.data)
    except ValidationError:
        return None
    if failure.code is None or answer.status >= 500:
        return None
    code = meaning(failure.code) or (SendCode.RETRY if answer.status == 429 else SendCode.PERMANENT)
    wait = retry_after(answer.headers) if code is SendCode.RETRY else None
    return SendError(code, f"{failure.code} {failure.message}"[:DETAIL_LIMIT].strip(), retry_after=wait)
