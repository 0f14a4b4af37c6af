"""What happens every so often, also when somebody sets the clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from scheduler import ticks
from scheduler.ticks import Tick, start_ticks


class Shifted(datetime):
    """The system's clock, as somebody set it."""

    by = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + cls.by


@pytest.mark.parametrize("hours", [-1, 1], ids=["back", "forward"])
async def test_ticks_go_on_when_the_clock_is_set(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    monkeypatch.setattr(Shifted, "by", timedelta())
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shifted)
    monkeypatch.setattr(ticks, "real_now", lambda: Shifted.now(UTC))
    monkeypatch.setattr(ticks, "LOOKED_AT", 0.02)
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    scheduler = start_ticks([Tick("one", 0.02, tick)])
    try:
        for by in (timedelta(), timedelta(hours=hours)):
            Shifted.by = by
            for _ in range(3):
                ticked.clear()
                await asyncio.wait_for(ticked.wait(), 10)
    finally:
        scheduler.shutdown(wait=False)
