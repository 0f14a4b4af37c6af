"""Leases: one process at a time does what only one may do, and hears of it when that is another one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import timedelta
from typing import Any

import pytest
from databases import Clock

from app import singles
from app.singles import HELD, SURE, Leases, leases_of
from leads.errors import StoreUnavailable
from storage.store import Store


class Process:
    """One of several over the same store; `asked` are the statements it needed."""

    def __init__(self, store: Store, clock: Clock, owner: str) -> None:
        self.asked: list[set[str]] = []
        self.away = False
        self._store = store
        self._owner = owner
        self.leases = Leases(self._take, lambda: store.release_leases(owner), lambda: clock().timestamp())

    async def _take(self, names: Collection[str], seconds: float) -> Collection[str]:
        self.asked.append(set(names))
        if self.away:
            raise StoreUnavailable("gone")
        return await self._store.lease(names, self._owner, seconds)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RENEWED", "AGAIN"):
        monkeypatch.setattr(singles, name, 0.01)


@pytest.fixture
async def one(store: Store, clock: Clock) -> AsyncIterator[Process]:
    made = Process(store, clock, "one")
    yield made
    await made.leases.close()


@pytest.fixture
async def other(store: Store, clock: Clock) -> AsyncIterator[Process]:
    made = Process(store, clock, "other")
    yield made
    await made.leases.close()


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)


async def test_what_is_free_is_taken_once_and_not_asked_for_again(one: Process, other: Process) -> None:
    assert await one.leases.ours("a", "b") == {"a", "b"}
    for _ in range(3):
        assert await one.leases.ours("b", "a") == {"a", "b"}
    assert one.asked == [{"a", "b"}]
    assert await other.leases.ours("b", "c") == {"c"}
    assert (other.leases.sure("b"), other.leases.sure("c")) == (False, True)
    assert await one.leases.ours() == frozenset()


async def test_all_are_prolonged_in_one_statement(one: Process, other: Process, clock: Clock) -> None:
    await one.leases.ours("a")
    await one.leases.ours("b")
    one.leases.start()
    for _ in range(4):
        clock.move(timedelta(seconds=SURE - 1))
        count = len(one.asked)
        await until(lambda count=count: len(one.asked) > count + 1)  # type: ignore[misc]
        assert one.asked[-1] == {"a", "b"}
        assert await other.leases.ours("a", "b") == frozenset()
    assert one.leases.sure("a")


async def test_who_slept_too_long_is_not_sure_and_hears_of_the_loss(
    one: Process, other: Process, clock: Clock
) -> None:
    lost: list[str] = []
    one.leases.on_lost["a"] = lambda: lost.append("a")
    assert await one.leases.ours("a", "b")
    clock.move(timedelta(seconds=SURE + 0.1))
    assert not one.leases.sure("a")
    assert await other.leases.ours("a") == frozenset(), "it is not over before others may have it"
    clock.move(timedelta(seconds=HELD - SURE))
    assert await other.leases.ours("a") == {"a"}
    assert await one.leases.ours("a", "b") == {"b"}
    assert lost == ["a"]
    assert await one.leases.ours("a") == frozenset()
    assert lost == ["a"], "once"


async def test_while_the_store_is_away_it_is_ours_for_a_while(one: Process, clock: Clock) -> None:
    lost = asyncio.Event()
    one.leases.on_lost["a"] = lost.set
    await one.leases.ours("a")
    one.away = True
    one.leases.start()
    await until(lambda: len(one.asked) > 3)
    assert one.leases.sure("a")
    assert not lost.is_set()
    clock.move(timedelta(seconds=SURE + 0.1))
    await until(lost.is_set)
    assert await one.leases.ours("a") == frozenset()


async def test_what_only_one_may_do_is_done_by_one(one: Process, other: Process) -> None:
    done: list[str] = []

    def by(name: str) -> Callable[[], Awaitable[object]]:
        async def do() -> None:
            done.append(name)

        return do

    first, second = one.leases.only("tick", by("one")), other.leases.only("tick", by("other"))
    for tick in (first, second, first, second):
        await tick()
    await one.leases.close()
    await second()
    assert done == ["one", "one", "other"]


async def test_a_loop_runs_with_whoever_holds_it_and_moves_on_when_that_one_stops(
    one: Process, other: Process, clock: Clock
) -> None:
    at_work: list[str] = []

    def by(name: str) -> Callable[[asyncio.Event, Callable[[], None]], Awaitable[None]]:
        async def work(stop: asyncio.Event, beat: Callable[[], None]) -> None:
            at_work.append(name)
            try:
                await stop.wait()
            finally:
                at_work.remove(name)

        return work

    stops = [asyncio.Event(), asyncio.Event()]
    beats: list[int] = []
    loops = [
        asyncio.create_task(each.leases.loop("poll", by(name))(stop, lambda: beats.append(1)))
        for each, name, stop in ((one, "one", stops[0]), (other, "other", stops[1]))
    ]
    await until(lambda: at_work and len(other.asked) > 2)
    assert at_work == ["one"]
    stops[0].set()
    await loops[0]
    await one.leases.close()
    await until(lambda: at_work == ["other"])
    clock.move(timedelta(seconds=HELD + 1))  # the other one sleeps, and wakes with its work running
    assert await one.leases.ours("poll")
    other.leases.start()
    await until(lambda: not at_work)
    assert beats
    stops[1].set()
    await loops[1]


async def test_where_nobody_else_can_be_nothing_is_written(store: Store, clock: Clock) -> None:
    leases = leases_of(store, "me")
    assert await leases.ours("a", "b") == {"a", "b"}
    written = await store._db.rows("SELECT name FROM lease ORDER BY name")
    assert [row["name"] for row in written] == ([] if store.sole else ["a", "b"])
    await leases.close()
    assert await store._db.rows("SELECT name FROM lease") == []
