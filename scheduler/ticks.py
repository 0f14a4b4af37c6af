"""What happens every so often. APScheduler holds this table only: due work is rows in the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from leads.errors import StoreUnavailable
from scheduler.clock import real_now

LOOKED_AT = 5.0  # seconds between two looks at the clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the table; `every` in seconds."""

    name: str
    every: float
    do: Callable[[], Awaitable[object]]


def start_ticks(ticks: Sequence[Tick]) -> AsyncIOScheduler:
    """Start ticking in the running loop. A failing tick is logged and comes again."""
    scheduler = AsyncIOScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for tick in ticks:
        scheduler.add_job(_guarded, "interval", seconds=tick.every, args=[tick], id=tick.name)
    # A slow tick is simply late; APScheduler's warning about it would tell nothing.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler.start()
    _mind_the_clock(scheduler, ticks)
    return scheduler


def _mind_the_clock(scheduler: AsyncIOScheduler, ticks: Sequence[Tick]) -> None:
    """Where somebody set the clock back, the next ticks would come only when it is so late again."""
    if not scheduler.running:
        return
    for tick in ticks:
        job, now = scheduler.get_job(tick.name), real_now()
        if job and job.next_run_time - now > timedelta(seconds=2 * tick.every):
            log.warning("the clock was set back; tick %s goes on", tick.name)
            job.modify(next_run_time=now)
    asyncio.get_running_loop().call_later(LOOKED_AT, _mind_the_clock, scheduler, ticks)


async def _guarded(tick: Tick) -> None:
    try:
        await tick.do()
    except StoreUnavailable as error:
        log.warning("tick %s: the store is away (%s); it comes again in %s s", tick.name, error, tick.every)
    except Exception:
        log.exception("tick %s failed; it comes again in %s s", tick.name, tick.every)
