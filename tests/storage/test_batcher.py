"""Group commit: who waits together is stored together, and one bad call refuses nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from storage_scene import CALL, door, event

from leads.errors import StoreUnavailable
from leads.events import Receipt
from storage.batcher import Batcher
from storage.store import Store

BAD = "bad"


class Disk:
    """Stores a batch when it is let; fails as it is told."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.error: Exception | None = None

    async def together(self, batch: Sequence[str]) -> list[str | Exception]:
        await self.open.wait()
        self.batches.append(list(batch))
        if self.error:
            raise self.error
        return [ValueError(BAD) if thing == BAD else thing.upper() for thing in batch]


async def begun(batcher: Batcher[str, str], *names: str) -> list[asyncio.Task[str]]:
    """The calls, waiting for their answers."""
    tasks = [asyncio.create_task(batcher.put(name)) for name in names]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def batcher(disk: Disk) -> Batcher[str, str]:
    return Batcher(disk.together, at_once=4, size=len, size_at_once=10)


async def test_what_waits_meanwhile_goes_together(disk: Disk, batcher: Batcher[str, str]) -> None:
    first = await begun(batcher, "a")
    rest = await begun(batcher, "b", "c", "d")
    assert not any(task.done() for task in (*first, *rest))
    disk.open.set()
    assert await asyncio.gather(*first, *rest) == ["A", "B", "C", "D"]
    assert disk.batches == [["a"], ["b", "c", "d"]]
    await asyncio.gather(*await begun(batcher, "later"))
    assert disk.batches[-1] == ["later"]


async def test_a_batch_has_an_end(disk: Disk, batcher: Batcher[str, str]) -> None:
    disk.open.set()
    await asyncio.gather(*(batcher.put(str(n)) for n in range(5)))
    assert [len(batch) for batch in disk.batches] == [4, 1]
    await asyncio.gather(*(batcher.put(name * 6) for name in "abc"))
    assert [len(batch) for batch in disk.batches[2:]] == [2, 1]


async def test_two_writers_do_not_wait_for_each_other(disk: Disk) -> None:
    batcher = Batcher(disk.together, at_once=4, writers=2, size_at_once=10)
    tasks = [*await begun(batcher, "a"), *await begun(batcher, "b"), *await begun(batcher, "c", "d")]
    disk.open.set()
    await asyncio.gather(*tasks)
    assert sorted(disk.batches) == [["a"], ["b"], ["c", "d"]]


async def test_one_bad_call_refuses_nobody_else(disk: Disk, batcher: Batcher[str, str]) -> None:
    disk.open.set()
    calls = (batcher.put(name) for name in ("a", BAD, "c"))
    first, bad, last = await asyncio.gather(*calls, return_exceptions=True)
    assert (first, last) == ("A", "C")
    assert isinstance(bad, ValueError)


@pytest.mark.parametrize("error", [StoreUnavailable("away"), KeyError("ours")])
async def test_what_fails_as_a_whole_is_everybodys(
    disk: Disk, batcher: Batcher[str, str], error: Exception
) -> None:
    disk.open.set()
    disk.error = error
    results = await asyncio.gather(*(batcher.put(n) for n in "abc"), return_exceptions=True)
    assert [type(result) for result in results] == [type(error)] * 3
    disk.error = None
    assert await batcher.put("d") == "D"


async def test_whoever_goes_away_is_left_out_and_holds_up_nobody(
    disk: Disk, batcher: Batcher[str, str]
) -> None:
    writing, gone, staying = await begun(batcher, "a", "b", "c")
    late, later = await begun(batcher, "d", "e")
    for task in (writing, gone, late):
        task.cancel()
    disk.open.set()
    await asyncio.gather(staying, later)
    assert disk.batches == [["a", "b", "c"], ["e"]]


async def test_closing_lets_what_runs_finish(disk: Disk, batcher: Batcher[str, str]) -> None:
    (task,) = await begun(batcher, "a")
    closing = asyncio.create_task(batcher.close())
    await asyncio.sleep(0)
    assert not closing.done()
    disk.open.set()
    await closing
    assert await task == "A"


async def test_calls_of_all_kinds_share_a_transaction(store: Store) -> None:
    one, two = await door(store, "one"), await door(store, "two")
    form = replace(event(), content_key="h1")
    await store.accept(one.id, CALL, [event("known", "a")])
    receipts = await asyncio.gather(
        store.accept(one.id, CALL, [event("known", "a"), event("n1", "a"), event("n2", "b")]),
        store.accept(two.id, CALL, [event("n1", "a"), form], [(b"\xff", "why")], cursor="5"),
        store.accept(two.id, CALL, [form, event()]),
        store.accept(one.id, CALL, [event("n3", "a"), event("n1", "a")]),
        store.accept(one.id, CALL, []),
    )
    assert [receipt.fresh for receipt in receipts] == [2, 3, 1, 1, 0]
    assert receipts[3].ids[1] == receipts[0].ids[1]
    assert receipts[2].ids[0] == receipts[1].ids[1]
    assert await store.accept_updates("42", [{"update_id": 1}, {"update_id": 1}, {}], "2") == 2
    rows = await store._db.rows(
        "SELECT conv_key, conv_seq FROM inbox WHERE event_id IN ('known', 'n1', 'n3') ORDER BY id"
    )
    assert [row["conv_seq"] for row in rows if row["conv_key"] == f"source:{one.id}:a"] == [1, 2, 3]
    calls = await store._db.rows("SELECT delivery_id, count(*) AS n FROM inbox GROUP BY 1 ORDER BY 1")
    assert [row["n"] for row in calls if row["delivery_id"]] == [1, 2, 3, 1, 1]


async def test_a_call_that_the_database_refuses_costs_its_batch_nothing(store: Store) -> None:
    source = await door(store)
    nobody = 999
    good, bad, other = await asyncio.gather(
        store.accept(source.id, CALL, [event("e1")]),
        store.accept(nobody, CALL, [event("e2")]),
        store.accept(source.id, CALL, [event("e3")]),
        return_exceptions=True,
    )
    assert isinstance(bad, Exception)
    assert isinstance(good, Receipt)
    assert isinstance(other, Receipt)
    assert (good.fresh, other.fresh) == (1, 1)


async def test_nobody_waits_for_a_writer_who_was_stopped(disk: Disk, batcher: Batcher[str, str]) -> None:
    tasks = [*await begun(batcher, "a"), *await begun(batcher, "b", "c")]
    (writer,) = batcher._writing
    writer.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 3
    disk.open.set()
    assert await batcher.put("d") == "D"
