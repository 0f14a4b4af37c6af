"""Drain loops: everything claimed is handled, side by side, and stopping loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from scheduler import drains
from scheduler.drains import Drain, run_drain


@dataclass
class Queue:
    """A queue in memory that hands out each row once."""

    rows: list[int]
    handled: list[int] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    renewed: list[int] = field(default_factory=list)
    running: int = 0
    most: int = 0
    bad: frozenset[int] = frozenset()
    gate: asyncio.Event | None = None
    all_done: asyncio.Event = field(default_factory=asyncio.Event)

    async def claim(self, limit: int) -> Sequence[int]:
        rows, self.rows = self.rows[:limit], self.rows[limit:]
        return rows

    async def handle(self, row: int) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.gate:
                await self.gate.wait()
            else:
                await asyncio.sleep(0)
            if row in self.bad:
                raise ValueError(f"row {row}")
            self.handled.append(row)
        finally:
            self.running -= 1
            if not self.rows and not self.running:
                self.all_done.set()

    async def failed(self, row: int, error: Exception) -> None:
        self.failures.append((row, str(error)))

    async def renew(self, rows: Sequence[int]) -> None:
        self.renewed.extend(rows)

    def drain(self, **more: object) -> Drain[int]:
        parts = {"at_once": 4, "poll": 30.0, "wake": asyncio.Event()} | more
        return Drain("rows", self.claim, self.handle, self.failed, self.renew, **parts)  # type: ignore[arg-type]


async def stopped(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    stop.set()
    await asyncio.wait_for(task, 5)


async def test_all_rows_are_handled_and_never_more_than_allowed_at_once() -> None:
    queue, stop = Queue(list(range(50))), asyncio.Event()
    task = asyncio.create_task(run_drain(queue.drain(), stop, lambda: None))
    await asyncio.wait_for(queue.all_done.wait(), 5)
    await stopped(task, stop)
    assert sorted(queue.handled) == list(range(50))
    assert 1 < queue.most <= 4


async def test_a_wake_is_enough_without_the_poll() -> None:
    queue, stop = Queue([]), asyncio.Event()
    drain = queue.drain()
    task = asyncio.create_task(run_drain(drain, stop, lambda: None))
    await asyncio.sleep(0)
    queue.rows.append(1)
    drain.wake.set()
    await asyncio.wait_for(queue.all_done.wait(), 5)
    await stopped(task, stop)
    assert queue.handled == [1]


async def test_the_poll_finds_rows_that_nobody_announced() -> None:
    queue, stop = Queue([]), asyncio.Event()
    task = asyncio.create_task(run_drain(queue.drain(poll=0.01), stop, lambda: None))
    await asyncio.sleep(0)
    queue.rows.append(7)
    await asyncio.wait_for(queue.all_done.wait(), 5)
    await stopped(task, stop)
    assert queue.handled == [7]


async def test_a_failing_row_is_reported_and_blocks_no_other() -> None:
    queue, stop = Queue([1, 2, 3], bad=frozenset({2})), asyncio.Event()
    task = asyncio.create_task(run_drain(queue.drain(), stop, lambda: None))
    await asyncio.wait_for(queue.all_done.wait(), 5)
    await stopped(task, stop)
    assert sorted(queue.handled) == [1, 3]
    assert queue.failures == [(2, "row 2")]


async def test_stopping_lets_running_rows_finish() -> None:
    queue, stop = Queue([1, 2], gate=asyncio.Event()), asyncio.Event()
    task = asyncio.create_task(run_drain(queue.drain(), stop, lambda: None))
    while queue.running < 2:
        await asyncio.sleep(0)
    stop.set()
    await asyncio.sleep(0)
    assert not task.done()
    assert queue.gate
    queue.gate.set()
    await asyncio.wait_for(task, 5)
    assert sorted(queue.handled) == [1, 2]


async def test_who_waits_for_a_turn_is_told_of_the_end() -> None:
    """Else a row that waits for a budget would hold up the stop, and its lease the next start."""
    queue, stop = Queue([1], gate=asyncio.Event()), asyncio.Event()
    assert queue.gate
    task = asyncio.create_task(run_drain(queue.drain(ending=queue.gate.set), stop, lambda: None))
    while not queue.running:
        await asyncio.sleep(0)
    await stopped(task, stop)
    assert queue.handled == [1]


async def test_leases_of_running_rows_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, stop = Queue([5], gate=asyncio.Event()), asyncio.Event()
    monkeypatch.setattr(drains, "HEARTBEAT", 0.01)
    task = asyncio.create_task(run_drain(queue.drain(), stop, lambda: None))
    while not queue.renewed:
        await asyncio.sleep(0)
    assert queue.gate
    queue.gate.set()
    await stopped(task, stop)
    assert set(queue.renewed) == {5}


async def test_a_claim_that_fails_is_tried_again() -> None:
    queue, stop = Queue([1]), asyncio.Event()
    calls = 0

    async def claim(limit: int) -> Sequence[int]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConnectionError("away")
        return await queue.claim(limit)

    drain = Drain("rows", claim, queue.handle, queue.failed, queue.renew, asyncio.Event(), poll=0.01)
    task = asyncio.create_task(run_drain(drain, stop, lambda: None))
    await asyncio.wait_for(queue.all_done.wait(), 5)
    await stopped(task, stop)
    assert queue.handled == [1]


async def test_handlers_that_end_together_make_room_for_one_claim() -> None:
    queue, stop, asked = Queue(list(range(8)), gate=asyncio.Event()), asyncio.Event(), []
    drain = queue.drain()

    async def claim(limit: int) -> Sequence[int]:
        asked.append(limit)
        return await queue.claim(limit)

    task = asyncio.create_task(run_drain(replace(drain, claim=claim), stop, lambda: None))
    while queue.running < 4:
        await asyncio.sleep(0)
    assert queue.gate
    queue.gate.set()
    await asyncio.wait_for(queue.all_done.wait(), 5)
    await stopped(task, stop)
    assert asked[:2] == [4, 4]


async def test_what_hangs_has_failed_after_a_while() -> None:
    queue, stop = Queue([1], gate=asyncio.Event()), asyncio.Event()
    drain = queue.drain(longest=0.01)
    task = asyncio.create_task(run_drain(drain, stop, lambda: None))
    await asyncio.wait_for(queue.all_done.wait(), 5)
    await stopped(task, stop)
    assert queue.failures == [(1, "")]
    assert queue.handled == []
