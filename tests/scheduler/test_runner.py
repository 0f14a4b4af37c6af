"""Loops are kept running, hanging ones are seen, ticks come again after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from scheduler import runner as runner_module
from scheduler.clock import Clock, real_now
from scheduler.runner import Runner
from scheduler.ticks import Tick, start_ticks


async def test_a_failed_loop_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "RESTART_AFTER", 0)
    runs = 0
    again = asyncio.Event()

    async def loop(stop: asyncio.Event, beat: Callable[[], None]) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError("first time")
        again.set()
        await stop.wait()

    runner = Runner()
    runner.start("loop", loop)
    await asyncio.wait_for(again.wait(), 5)
    await runner.close()
    assert runs == 2


async def test_a_loop_without_a_beat_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    async def quiet(stop: asyncio.Event, beat: Callable[[], None]) -> None:
        await stop.wait()

    runner = Runner()
    runner.start("quiet", quiet)
    assert runner.hanging() == []
    monkeypatch.setattr(runner_module, "STALE_AFTER", -1)
    assert runner.hanging() == ["quiet"]
    await runner.close()


async def test_a_loop_that_has_done_its_work_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    async def once(stop: asyncio.Event, beat: Callable[[], None]) -> None:
        return

    runner = Runner()
    runner.start("once", once)
    monkeypatch.setattr(runner_module, "STALE_AFTER", -1)
    while runner.hanging():
        await asyncio.sleep(0)
    assert runner.running("once")  # known, and not complained about
    await runner.close()


async def test_closing_does_not_wait_for_ever() -> None:
    async def stubborn(stop: asyncio.Event, beat: Callable[[], None]) -> None:
        await asyncio.Event().wait()

    runner = Runner()
    runner.start("stubborn", stubborn)
    await asyncio.wait_for(runner.close(within=0.01), 5)
    assert runner.stop.is_set()


async def test_one_loop_can_be_ended_alone() -> None:
    async def loop(stop: asyncio.Event, beat: Callable[[], None]) -> None:
        await stop.wait()

    runner = Runner()
    runner.start("a", loop)
    runner.start("b", loop)
    await runner.end("a")
    assert not runner.running("a")
    assert runner.running("b")
    await runner.close()


async def test_a_failing_tick_comes_again() -> None:
    ticks = 0
    twice = asyncio.Event()

    async def do() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 2:
            twice.set()
        raise ValueError("every time")

    scheduler = start_ticks([Tick("failing", 0.01, do)])
    await asyncio.wait_for(twice.wait(), 5)
    scheduler.shutdown(wait=False)
    assert ticks >= 2


def test_the_business_clock_can_be_set_and_moved() -> None:
    start = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    clock = Clock(start)
    assert abs(clock.now() - start) < timedelta(seconds=5)
    clock.advance(timedelta(hours=3))
    assert abs(clock.now() - start - timedelta(hours=3)) < timedelta(seconds=5)
    assert abs(Clock().now() - real_now()) < timedelta(seconds=5)
