"""Customers' events on their way in: storing what a channel read, and asking vendors that are polled."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import aiohttp

from app.metrics import Metrics
from app.sources import label
from channels.kit.contract import Channel, Ignored, Item, Source, Unreadable
from leads.errors import StoreUnavailable
from leads.events import Call, Inbound, Receipt, SendCode, SendError
from storage.store import Store

T = TypeVar("T")
Polled = tuple[Sequence[Call], str]
log = logging.getLogger(__name__)

AGAIN = 1.0  # seconds between tries while a vendor is away: its return shall be noticed at once
MISCONFIGURED_PAUSE = 30.0

Watch = Callable[[int, Callable[[], Awaitable[Polled]]], Awaitable[Polled]]
"""makes a call to that source, and gives it up if it outlives an outage of the source"""


async def accept(
    store: Store,
    metrics: Metrics,
    source: Source,
    call: Call,
    items: Sequence[Item],
    cursor: str | None = None,
) -> Receipt:
    """Store what a call holds, with the poll's cursor, in one transaction. What is not for us is counted."""
    for item in items:
        if isinstance(item, Ignored):
            metrics.ignored.labels(source.channel, item.why).inc()
    events = [item for item in items if isinstance(item, Inbound)]
    unreadable = [(item.raw, item.why) for item in items if isinstance(item, Unreadable)]
    if not events and not unreadable and cursor is None:
        return Receipt((), 0)
    return await store.accept(source.id, call, events, unreadable, cursor=cursor)


async def poll_source(
    http: aiohttp.ClientSession,
    watch: Watch,
    channel: Channel,
    source: Source,
    store: Store,
    metrics: Metrics,
    now: Callable[[], datetime],
    stop: asyncio.Event,
    beat: Callable[[], None],
) -> None:
    """Ask one vendor for news until `stop`. The cursor moves on only with the events stored."""
    failures = 0
    while not stop.is_set():
        beat()
        try:
            cursor = await store.cursor(f"source:{source.id}")
            ask = partial(channel.poll, http, source, cursor, now)
            polled = await or_stopped(watch(source.id, ask), stop)
            if polled is None:
                return
            calls, cursor = polled
            for number, call in enumerate(calls, 1):
                items = channel.parse(source, call)
                await accept(store, metrics, source, call, items, cursor if number == len(calls) else None)
            failures = 0
        except (SendError, StoreUnavailable) as error:
            failures += 1
            level = logging.DEBUG if failures > 1 else logging.WARNING
            log.log(level, "source %s: asking for news failed: %s", label(source.key), error)
            await _pause(error, stop)


async def or_stopped(work: Awaitable[T], stop: asyncio.Event) -> T | None:
    """The result of `work`, or None when `stop` comes first."""
    task = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        stopping.cancel()
        task.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)


async def _pause(error: Exception, stop: asyncio.Event) -> None:
    seconds = AGAIN * random.uniform(0.5, 1)
    if isinstance(error, SendError):
        if error.code is SendCode.MISCONFIGURED:
            seconds = MISCONFIGURED_PAUSE
        elif error.retry_after:
            seconds = error.retry_after
    await or_stopped(asyncio.sleep(seconds), stop)
