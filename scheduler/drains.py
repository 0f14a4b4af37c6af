"""Drain loops: claim rows, handle them side by side, keep their leases alive, stop gracefully.

The store decides what may be claimed (order, leases); a loop decides how many at once and how often.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from leads.errors import StoreUnavailable

T = TypeVar("T")
log = logging.getLogger(__name__)

HEARTBEAT = 3.0  # seconds; leases last 10
LONGEST = 600.0  # seconds in hand; whatever hangs for so long has failed


@dataclass(frozen=True, slots=True)
class Drain(Generic[T]):
    """One queue and what is done with its rows.

    `handle` settles its row itself. `failed` gets the rows whose handling raised. `wake` is set when there
    may be new rows; every `poll` seconds the loop looks anyway.
    """

    name: str
    claim: Callable[[int], Awaitable[Sequence[T]]]
    handle: Callable[[T], Awaitable[None]]
    failed: Callable[[T, Exception], Awaitable[None]]
    renew: Callable[[Sequence[T]], Awaitable[None]]
    wake: asyncio.Event
    at_once: int = 32
    poll: float = 0.5
    longest: float = LONGEST
    ending: Callable[[], None] = lambda: None
    """called when the loop shall stop: handlers that wait for their turn shall wait no more"""


@dataclass(slots=True)
class _Running(Generic[T]):
    tasks: dict[asyncio.Task[None], T] = field(default_factory=dict)


async def run_drain(drain: Drain[T], stop: asyncio.Event, beat: Callable[[], None]) -> None:
    """Drain until `stop`, then let what runs finish. `beat` is called at each round, for readiness."""
    running: _Running[T] = _Running()
    aside = [asyncio.create_task(_heartbeat(drain, running)), asyncio.create_task(_woken_by(stop, drain))]
    try:
        while not stop.is_set():
            beat()
            drain.wake.clear()
            free = drain.at_once - len(running.tasks)
            rows = await _claimed(drain, free) if free else ()
            for row in rows:
                _start(drain, running, row)
            if len(rows) < free or not free:
                await _pause(drain)
        drain.ending()
        if running.tasks:
            await asyncio.wait(running.tasks)
    finally:
        for task in (*aside, *running.tasks):
            task.cancel()
        await asyncio.gather(*aside, *running.tasks, return_exceptions=True)


def _start(drain: Drain[T], running: _Running[T], row: T) -> None:
    def done(task: asyncio.Task[None]) -> None:
        del running.tasks[task]
        drain.wake.set()  # there is room, and its conversation may go on

    task = asyncio.create_task(_handled(drain, row))
    running.tasks[task] = row
    task.add_done_callback(done)


async def _woken_by(stop: asyncio.Event, drain: Drain[T]) -> None:
    await stop.wait()
    drain.wake.set()


async def _claimed(drain: Drain[T], free: int) -> Sequence[T]:
    try:
        return await drain.claim(free)
    except StoreUnavailable as error:
        log.warning("%s: the store is away (%s); trying again", drain.name, error)
        return ()
    except Exception:
        log.exception("%s: claiming failed; trying again", drain.name)
        return ()


async def _handled(drain: Drain[T], row: T) -> None:
    try:
        async with asyncio.timeout(drain.longest):
            await drain.handle(row)
    except Exception as error:
        try:
            await drain.failed(row, error)
        except Exception:
            # The lease runs out and the row comes again.
            log.exception("%s: a failure could not be noted", drain.name)


async def _pause(drain: Drain[T]) -> None:
    """Wait for new rows, a finished handler, the end, or the poll."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(drain.poll):
            await drain.wake.wait()


async def _heartbeat(drain: Drain[T], running: _Running[T]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(HEARTBEAT)
            rows = list(running.tasks.values())
            if rows:
                try:
                    await drain.renew(rows)
                except StoreUnavailable as error:
                    log.warning("%s: leases could not be renewed: %s", drain.name, error)
                except Exception:
                    log.exception("%s: leases could not be renewed", drain.name)
