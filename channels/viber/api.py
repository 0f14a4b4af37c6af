"""One call to the REST Bot API, and what its failures mean to us.

Source: https://developers.viber.com/docs/api/rest-bot-api/#error-codes; HTTP is 200 on failures too.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from pydantic import ValidationError
from pydantic_core import to_json

from channels.kit.contract import Source
from channels.kit.outbound import DETAIL_LIMIT, request_json
from channels.viber.schema import Answer
from channels.viber.settings import Settings
from leads.events import SendCode, SendError

PUBLIC = "https://chatapi.viber.com"

# What is not here is permanent: the request is wrong, or of a kind that this bot may not send.
_CODES = {
    2: SendCode.MISCONFIGURED,  # invalidAuthToken
    5: SendCode.BLOCKED,  # receiverNotRegistered: no Viber account any more
    6: SendCode.BLOCKED,  # receiverNotSubscribed: unsubscribed, or never wrote
    7: SendCode.MISCONFIGURED,  # publicAccountBlocked
    8: SendCode.MISCONFIGURED,  # publicAccountNotFound
    9: SendCode.MISCONFIGURED,  # publicAccountSuspended
    10: SendCode.MISCONFIGURED,  # webhookNotSet
    11: SendCode.BLOCKED,  # receiverNoSuitableDevice
    12: SendCode.RETRY,  # tooManyRequests; also 100 messages an hour that the person has not answered
    13: SendCode.BLOCKED,  # apiVersionNotSupported by any of the person's devices
    15: SendCode.MISCONFIGURED,  # publicAccountNotAuthorized
    18: SendCode.RETRY,  # messageRateExceeded
    20: SendCode.BAD_MEDIA,  # unsupportedMedia
}


async def call(http: aiohttp.ClientSession, source: Source, method: str, body: dict[str, Any]) -> Any:
    """The answer of one method that succeeded; raises `SendError`."""
    settings: Settings = source.settings
    headers = {
        "X-Viber-Auth-Token": settings.token.get_secret_value(),
        "Content-Type": "application/json",  # UTF-8: escapes would use up the 30 KB of a message
    }
    url = f"{(source.api_base or PUBLIC).rstrip('/')}/pa/{method}"
    data = await request_json(http, "POST", url, what=method, data=to_json(body), headers=headers)
    try:
        answer = Answer.model_validate(data)
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, f"{method}: no status in the answer") from None
    if answer.status:
        detail = f"{method}: {answer.status} {answer.status_message}"[:DETAIL_LIMIT].strip()
        raise SendError(_CODES.get(answer.status, SendCode.PERMANENT), detail)
    return data
