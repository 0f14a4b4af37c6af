"""What happens every so often. APScheduler holds this table only: due work is rows in the store."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from apscheduler.schedulers.asyncio import AsyncIOScheduler

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
    return scheduler


async def _guarded(tick: Tick) -> None:
    try:
        await tick.do()
    except Exception:
        log.exception("tick %s failed; it comes again in %s s", tick.name, tick.every)
