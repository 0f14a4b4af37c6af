"""One call to the Messaging API, and what its failures mean to us.

Source: https://developers.line.biz/en/reference/messaging-api/#status-codes, #error-responses
"""

from __future__ import annotations

from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit import outbound
from channels.kit.contract import Source
from channels.line.schema import Answer
from channels.line.settings import Settings
from leads.events import SendCode, SendError

PUBLIC = "https://api.line.me"
PUBLIC_DATA = "https://api-data.line.me"  # files have a host of their own
# In `SendError.data`: LINE's HTTP status, and the id under which the same message had been taken before.
STATUS, TAKEN = "status", "taken"

_CODES = {
    401: SendCode.MISCONFIGURED,  # no valid access token
    413: SendCode.TOO_LONG,  # of the request, which holds no files
    429: SendCode.RETRY,
}


async def call(http: aiohttp.ClientSession, source: Source, method: str, path: str, **options: Any) -> Any:
    """The JSON of a 2xx answer; raises `SendError`. `options` go to aiohttp."""
    headers = bearer(source) | options.pop("headers", {})
    url = f"{base(source)}/v2/bot/{path}"
    return await outbound.request_json(
        http, method, url, what=path, explain=_explained, headers=headers, **options
    )


def base(source: Source, public: str = PUBLIC) -> str:
    """LINE's own server, or the one that the settings name, for files too."""
    return (source.api_base or public).rstrip("/")


def bearer(source: Source) -> dict[str, str]:
    """The header that proves us."""
    settings: Settings = source.settings
    return {"Authorization": f"Bearer {settings.access_token.get_secret_value()}"}


def _explained(answer: outbound.VendorAnswer) -> SendError | None:
    try:
        told = Answer.model_validate(answer.data)
    except ValidationError:
        return None
    if answer.status >= 500 or answer.status < 400:
        return None
    each = "; ".join(f"{one.property} {one.message}".strip() for one in told.details)
    detail = f"{answer.status} {told.message} {each}".strip()[: outbound.DETAIL_LIMIT]
    data = {STATUS: str(answer.status)}
    if answer.status == 409:
        data[TAKEN] = told.sent[0].id if told.sent else ""
    code = _CODES.get(answer.status, SendCode.PERMANENT)
    if "monthly limit" in told.message:  # waiting would take until the first of the month
        code = SendCode.PERMANENT
    return SendError(code, detail, retry_after=outbound.retry_after(answer.headers), data=data)
