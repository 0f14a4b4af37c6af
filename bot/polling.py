"""The managers' bot by long polling: what Telegram hands out is stored first and confirmed after.

aiogram's own polling confirms before it handles, and one update that it cannot read blocks it for good; so
the answers are taken raw here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from bot.watching import Watch, unwatched
from leads.errors import StoreUnavailable
from leads.events import SendError

log = logging.getLogger(__name__)

PUBLIC_API = "https://api.telegram.org"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")
WAIT = 30  # seconds that Telegram may hold a poll
SPARE = 15  # seconds more until we call it lost
AGAIN = 1.0  # seconds between tries while Telegram is away: its return shall be noticed at once
LONGEST_PAUSE = 30.0
PAGE_LIMIT = 32 * 1024 * 1024  # a hundred updates of the longest texts take about 6

Raw = Mapping[str, Any]
Accept = Callable[[Sequence[Raw], str | None], Awaitable[object]]


class _Trouble(Exception):
    """The poll failed; the text says it in words, without the token."""

    def __init__(self, words: str, pause: float | None = None, *, webhook: bool = False) -> None:
        super().__init__(words)
        self.pause = pause
        self.webhook = webhook


async def poll(
    http: ClientSession,
    api_base: str,
    token: str,
    cursor: Callable[[], Awaitable[str]],
    accept: Accept,
    stop: asyncio.Event,
    beat: Callable[[], None] = lambda: None,
    watch: Watch = unwatched,
) -> None:
    """Hand every batch and the cursor after it to `accept`, which stores both in one transaction.

    Only then are they confirmed, by the next call's offset. Trouble is waited out; it never ends the loop.
    `beat` is called at least every `WAIT + SPARE` seconds. `watch` makes a call, and gives it up with a
    `SendError` if it outlives an outage.
    """
    calls = _Calls(http, f"{api_base or PUBLIC_API}/bot{token}")
    offset: int | None = None
    troubles = 0
    while not stop.is_set():
        beat()
        try:
            if offset is None:
                offset = int(await cursor() or 0)
            updates = await _unless(stop, watch(partial(calls.updates, offset)))
            if updates:
                following = 1 + max(update["update_id"] for update in updates)
                await accept(updates, str(following))
                offset = following
            elif updates is not None:
                # All is confirmed. After a week of silence Telegram may number anew, and lower
                # (https://core.telegram.org/bots/api#update), which an old offset would confirm unseen.
                offset = 0
            if troubles and updates is not None:
                log.info("the desk's bot answers again")
                troubles = 0
        except Exception as error:
            troubles += 1
            trouble = _in_words(error)
            log.log(logging.WARNING if troubles == 1 else logging.DEBUG, "the desk cannot poll: %s", trouble)
            if trouble.webhook:
                await _unless(stop, calls.delete_webhook())
            await _pause(stop, trouble.pause or _backoff(troubles), beat)


class _Calls:
    """The two raw calls that polling needs."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def updates(self, offset: int) -> list[Raw]:
        asked = {"offset": offset, "limit": 100, "timeout": WAIT, "allowed_updates": KINDS}
        result = await self._call("getUpdates", asked)
        if not isinstance(result, list):
            raise _Trouble("Telegram's answer holds no list of updates")
        updates: list[Raw] = [item for item in result if isinstance(item, dict) and _numbered(item)]
        if len(updates) < len(result):
            log.error("%d updates without a number were passed over", len(result) - len(updates))
        return updates

    async def delete_webhook(self) -> None:
        log.warning("this bot had a webhook, which is removed: polling and a webhook exclude each other")
        with contextlib.suppress(_Trouble, ClientError, TimeoutError):
            await self._call("deleteWebhook", {"drop_pending_updates": False})

    async def _call(self, method: str, parameters: Raw) -> Any:
        timeout = ClientTimeout(total=WAIT + SPARE)
        async with self._http.post(
            f"{self._url}/{method}", json=parameters, timeout=timeout, allow_redirects=False
        ) as response:
            body = await bounded(response, PAGE_LIMIT)
            if body is None:
                raise _Trouble("Telegram's answer is larger than any it gives")
            return _result(response.status, body)


async def bounded(answer: ClientResponse, limit: int) -> bytes | None:
    """The body; None when it is larger than `limit` bytes."""
    raw = bytearray()
    async for chunk in answer.content.iter_chunked(64 * 1024):
        raw += chunk
        if len(raw) > limit:
            return None
    return bytes(raw)


def _numbered(update: Raw) -> bool:
    return type(update.get("update_id")) is int


def _result(status: int, body: bytes) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _Trouble(f"the answer was no JSON object (status {status})")
    if answer.get("ok") is True:
        return answer.get("result")
    raise _refusal(status, str(answer.get("description", "")), answer.get("parameters"))


def _refusal(status: int, description: str, parameters: object) -> _Trouble:
    if status in {401, 404}:
        return _Trouble("Telegram does not know this token (FRONTDESK_DESK_TOKEN)", LONGEST_PAUSE)
    if status == 409 and "webhook" in description.lower():
        return _Trouble("a webhook is set for this bot", webhook=True)
    if status == 409:
        return _Trouble("another program polls the same bot; only one may")
    if status == 429:
        seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
        pause = float(seconds) if isinstance(seconds, int | float) else None
        return _Trouble("Telegram asks to slow down", pause)
    return _Trouble(f"Telegram answers with status {status}")


def _in_words(error: Exception) -> _Trouble:
    """Never the error's own text where that may hold the address, which holds the token."""
    if isinstance(error, _Trouble):
        return error
    if isinstance(error, SendError):
        return _Trouble(error.detail, error.retry_after)
    if isinstance(error, StoreUnavailable):
        return _Trouble("the store takes nothing; Telegram keeps the updates meanwhile")
    if isinstance(error, TimeoutError | ClientError | OSError):
        return _Trouble(f"Telegram cannot be reached ({type(error).__name__})")
    log.error("an unexpected error while polling", exc_info=error)
    return _Trouble(f"an unexpected {type(error).__name__}")


def _backoff(troubles: int) -> float:
    longest = min(AGAIN, 0.25 * 2.0 ** min(troubles, 10))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, no secret


async def _pause(stop: asyncio.Event, seconds: float, beat: Callable[[], None]) -> None:
    """Telegram may ask for a long one; signs of life are given meanwhile."""
    while seconds > 0 and not stop.is_set():
        beat()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(seconds, LONGEST_PAUSE))
        seconds -= LONGEST_PAUSE


async def _unless(stop: asyncio.Event, call: Any) -> Any:
    """Its result, or None when `stop` came first."""
    work = asyncio.ensure_future(call)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return await work if work.done() else None
    finally:
        for task in (work, stopped):
            task.cancel()
        await asyncio.gather(work, stopped, return_exceptions=True)
