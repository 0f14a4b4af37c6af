"""Asks VK for events: the long poll of bots, which needs no address of ours.

Source: https://dev.vk.com/ru/api/bots-long-poll/getting-started
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import aiohttp
from pydantic import ValidationError

from channels.kit import outbound
from channels.kit.contract import Source
from channels.kit.fetching import link, reaching
from channels.kit.polling import polled
from channels.vk import api
from channels.vk.inbound import EVENTS
from channels.vk.schema import LongPoll, Page
from leads.events import Call, SendCode, SendError

log = logging.getLogger(__name__)

WAIT = 25  # seconds that VK holds an empty poll
PAGE_LIMIT = 32 * 1024 * 1024  # there is no way to ask for less than all that has waited
STARTED, LOST = "poll_started", "poll_lost_events"  # not VK's: they carry a cursor into the store


async def poll(
    http: aiohttp.ClientSession, source: Source, cursor: str, now: Callable[[], datetime]
) -> tuple[Sequence[Call], str]:
    """One long poll. The cursor is `ts`; the key is asked for each time, so that it is kept nowhere."""
    if not cursor:
        await _subscribe(http, source)
    server = await _server(http, source)
    if not cursor:
        # Stored before the first wait: else what comes between two waits would be lost.
        return [polled({"type": STARTED}, now())], server.ts
    page = await _page(http, source, server, cursor)
    match page.failed:
        case None if page.updates is not None:
            return [polled(update, now()) for update in page.updates], page.ts or cursor
        case 1:  # the history is partly gone: go on with their ts
            return _lost(source, now()), page.ts or server.ts
        case 3:  # all is gone: begin anew
            return _lost(source, now()), server.ts
    # 2: the key has expired; the next poll asks for another one.
    raise SendError(SendCode.UNAVAILABLE, f"long poll: failed {page.failed}")


async def _subscribe(http: aiohttp.ClientSession, source: Source) -> None:
    """Which events come is a setting of the community; so is the version in which they are told."""
    wanted = dict.fromkeys(EVENTS, 1)
    us = api.group(source)
    await api.call(
        http, source, "groups.setLongPollSettings", group_id=us, enabled=1, api_version=api.VERSION, **wanted
    )


async def _server(http: aiohttp.ClientSession, source: Source) -> LongPoll:
    try:
        told = await api.call(http, source, "groups.getLongPollServer", group_id=api.group(source))
        server = LongPoll.model_validate(told)
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, "groups.getLongPollServer: no server in the answer") from None
    return server


async def _page(http: aiohttp.ClientSession, source: Source, server: LongPoll, cursor: str) -> Page:
    url = link(server.server).with_query(act="a_check", key=server.key, ts=cursor, wait=WAIT)
    async with reaching(http, source, url) as session:
        told = await outbound.download(
            session, str(url), what="long poll", limit=PAGE_LIMIT, seconds=WAIT + 10
        )
    try:
        return Page.model_validate(json.loads(b"".join([chunk async for chunk in told.chunks])))
    except (ValueError, RecursionError):
        raise SendError(SendCode.UNAVAILABLE, "long poll: the answer is no page of events") from None


def _lost(source: Source, now: datetime) -> Sequence[Call]:
    log.warning("source %s: VK kept no history for so long; events may be lost", source.key)
    return [polled({"type": LOST}, now)]
