"""One call to VK's API, and what its failures mean to us.

Failures come with HTTP 200.
Source: https://dev.vk.com/ru/api/api-requests, https://dev.vk.com/ru/reference/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit import outbound
from channels.kit.contract import Source
from channels.vk.schema import Failure
from channels.vk.settings import Settings
from leads.events import SendCode, SendError

PUBLIC = "https://api.vk.com"
VERSION = "5.199"

_CODES = {
    1: SendCode.RETRY,  # unknown error, try later
    5: SendCode.MISCONFIGURED,  # user authorization failed: the token
    6: SendCode.RETRY,  # too many requests per second
    9: SendCode.RETRY,  # flood control
    10: SendCode.RETRY,  # internal server error
    14: SendCode.MISCONFIGURED,  # captcha: a person is asked for
    17: SendCode.MISCONFIGURED,  # validation: a person is asked for
    18: SendCode.BLOCKED,  # user was deleted or banned
    27: SendCode.MISCONFIGURED,  # group authorization failed
    28: SendCode.MISCONFIGURED,  # application authorization failed
    29: SendCode.RETRY,  # the method's quota of the day
    30: SendCode.BLOCKED,  # this profile is private
    32: SendCode.RETRY,
    36: SendCode.RETRY,
    900: SendCode.BLOCKED,  # can't send messages for users from blacklist
    901: SendCode.BLOCKED,  # can't send messages for users without permission
    902: SendCode.BLOCKED,  # can't send messages to this user due to their privacy settings
    914: SendCode.TOO_LONG,  # message is too long
    950: SendCode.WINDOW_CLOSED,  # can't send message, reply timed out
    987: SendCode.WINDOW_CLOSED,  # a message request is needed
    988: SendCode.WINDOW_CLOSED,  # a message request is pending
    3300: SendCode.MISCONFIGURED,  # as 14
    3301: SendCode.MISCONFIGURED,  # as 17
    3610: SendCode.BLOCKED,  # user is deactivated
}
# Permission denied, access denied, access to the group denied: of sending and of the community itself they
# are the token's lack of rights; of one file, comment or old message they are not.
_RIGHTS = frozenset({7, 15, 203})
_ABOUT_US = ("messages.send", "groups.")

# Seconds. VK tells none; limits are 20 calls a second for a community's token.
_PAUSES = {1: 5.0, 6: 1.0, 9: 60.0, 10: 5.0, 29: 600.0, 32: 30.0, 36: 5.0}


async def call(http: aiohttp.ClientSession, source: Source, method: str, **params: str | int) -> Any:
    """The `response` of one method. Raises `SendError`."""
    form = {name: str(value) for name, value in params.items()}
    answer = await outbound.request_json(
        http,
        "POST",
        f"{base(source)}/method/{method}",
        what=method,
        explain=partial(_explained, source, method),
        data=form | {"access_token": token(source), "v": VERSION},
    )
    if isinstance(answer, dict) and "response" in answer:
        return answer["response"]
    raise _explained(source, method, outbound.VendorAnswer(200, {}, "", answer))


def base(source: Source) -> str:
    """VK's own server, or the one that the settings name."""
    return (source.api_base or PUBLIC).rstrip("/")


def token(source: Source) -> str:
    """For a body, and for nothing else."""
    settings: Settings = source.settings
    return settings.token.get_secret_value()


def group(source: Source) -> int:
    """The community's number, positive."""
    settings: Settings = source.settings
    return settings.group_id


def failure(source: Source, what: str, error: Failure) -> SendError:
    """The failure in our words, with VK's sentence beside it."""
    number = error.error_code or error.code or 0
    sentence = error.error_msg or error.description
    detail = _scrubbed(source, f"{what}: {number} {sentence}")
    if number in _RIGHTS and what.startswith(_ABOUT_US):
        return SendError(SendCode.MISCONFIGURED, detail)
    return SendError(_CODES.get(number, SendCode.PERMANENT), detail, retry_after=_PAUSES.get(number))


def _explained(source: Source, what: str, answer: outbound.VendorAnswer) -> SendError:
    error = answer.data.get("error") if isinstance(answer.data, Mapping) else None
    if isinstance(error, Mapping):
        try:
            return failure(source, what, Failure.model_validate(error))
        except ValidationError:
            pass
    found = outbound.general_error(answer, what)
    return SendError(found.code, _scrubbed(source, found.detail), retry_after=found.retry_after)


def _scrubbed(source: Source, text: str) -> str:
    """A proxy's error page may repeat our body, which holds the token."""
    return text.replace(token(source), "…")[: outbound.DETAIL_LIMIT].strip()
