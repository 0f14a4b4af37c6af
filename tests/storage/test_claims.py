"""Leases, fences and retries, alike for the inbox and the outbox."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import asyncpg
import pytest
from databases import Clock, OpenStore, Postgres
from storage_scene import door, event, put, received

from leads.changes import Changes, End, Settle, ToManager, View
from leads.errors import LostLease
from storage import claims
from storage.store import Store

LEASE = timedelta(seconds=10)


async def settle(store: Store, row_id: int, attempt: int, end: End = End.DONE, **more: object) -> None:
    await store.commit(Changes(settle=Settle("inbox", row_id, attempt, end, **more)))  # type: ignore[arg-type]


async def test_a_lease_is_exclusive_until_it_ends(store: Store, clock: Clock) -> None:
    source = await door(store)
    (row_id,) = await received(store, source, event("e1"))
    (first,) = await store.claim_events("one", 10)
    assert await store.claim_events("two", 10) == []
    clock.move(LEASE)
    assert await store.reap() == 0
    clock.move(timedelta(microseconds=1))
    told: list[str] = []
    store.on_commit.append(told.append)
    assert await store.reap() == 1
    assert told == ["customers_in"]
    (second,) = await store.claim_events("two", 10)
    assert (second.inbox_id, second.attempt, second.tries) == (row_id, 2, 0)
    with pytest.raises(LostLease):
        await settle(store, row_id, first.attempt)
    await settle(store, row_id, second.attempt)
    with pytest.raises(LostLease):
        await settle(store, row_id, second.attempt)
    assert await store.claim_events("one", 10) == []


async def test_who_lost_the_lease_writes_nothing(store: Store) -> None:
    source = await door(store)
    (row_id,) = await received(store, source, event("e1"))
    await store.claim_events("one", 10)
    with pytest.raises(LostLease):
        await put(store, ToManager(View.SAY, 5), settle=Settle("inbox", row_id, attempt=7))
    assert await store.claim_outbox("managers", "me", 10) == []


async def test_a_heartbeat_prolongs_only_own_leases(store: Store, clock: Clock) -> None:
    source = await door(store)
    one, two = await received(store, source, event("e1", "a"), event("e2", "b"))
    await store.claim_events("one", 1)
    await store.claim_events("two", 1)
    clock.move(LEASE / 2)
    assert await store.renew("inbox", [one, two], "one") == {one}
    assert await store.renew("inbox", [], "one") == set()
    clock.move(LEASE / 2 + timedelta(seconds=1))
    assert await store.reap() == 1
    assert [row.inbox_id for row in await store.claim_events("three", 10)] == [two]


async def test_the_only_process_frees_everything_at_its_start(store: Store) -> None:
    source = await door(store)
    await received(store, source, event("e1"))
    await put(store, ToManager(View.SAY, 5))
    await store.claim_events("me", 10)
    await store.claim_outbox("managers", "me", 10)
    assert await store.release_all() == 2
    assert len(await store.claim_events("me", 10)) == 1
    assert len(await store.claim_outbox("managers", "me", 10)) == 1


@pytest.mark.parametrize(("counts", "tries"), [(True, 1), (False, 0)])
async def test_again_waits_and_keeps_the_order(store: Store, clock: Clock, counts: bool, tries: int) -> None:
    source = await door(store)
    ids = await received(store, source, event("e1"), event("e2"))
    (row,) = await store.claim_events("me", 10)
    again = {"after": timedelta(seconds=30), "counts": counts, "reason": "slow"}
    await settle(store, row.inbox_id, row.attempt, End.AGAIN, **again)
    assert await store.claim_events("me", 10) == []
    clock.move(timedelta(seconds=30))
    (again,) = await store.claim_events("me", 10)
    assert (again.inbox_id, again.attempt, again.tries) == (ids[0], 2, tries)


async def test_again_is_reckoned_by_real_time_when_the_business_clock_was_moved(
    open_store: OpenStore, clock: Clock
) -> None:
    real = Clock()
    store = await open_store(lease_now=real)
    clock.move(timedelta(hours=5))
    source = await door(store)
    await received(store, source, event("e1"))
    (row,) = await store.claim_events("me", 10)
    await settle(store, row.inbox_id, row.attempt, End.AGAIN, after=timedelta(seconds=30))
    real.move(timedelta(seconds=29))
    assert await store.claim_events("me", 10) == []
    real.move(timedelta(seconds=1))
    assert len(await store.claim_events("me", 10)) == 1


async def test_again_without_a_moment_is_at_once_and_told(store: Store) -> None:
    source = await door(store)
    await received(store, source, event("e1"))
    (row,) = await store.claim_events("me", 10)
    told: list[str] = []
    store.on_commit.append(told.append)
    await settle(store, row.inbox_id, row.attempt, End.AGAIN)
    assert told == ["customers_in"]
    assert len(await store.claim_events("me", 10)) == 1


async def test_a_parked_row_holds_up_nobody(store: Store) -> None:
    source = await door(store)
    ids = await received(store, source, event("e1"), event("e2"))
    (row,) = await store.claim_events("me", 10)
    await settle(store, row.inbox_id, row.attempt, End.PARKED, reason="boom \0")
    (parked,) = await store.parked()
    assert (parked.id, parked.reason, parked.tries) == (ids[0], "boom \0", 1)
    assert [row.inbox_id for row in await store.claim_events("me", 10)] == [ids[1]]


async def test_many_workers_claim_each_row_once_and_in_order(store: Store) -> None:
    source = await door(store)
    await received(store, source, *(event(f"{n}-{c}", f"conv {c}") for n in range(8) for c in range(5)))
    done: dict[str, list[str]] = {}

    async def work(owner: str) -> None:
        while (await store.counts())["customers_in"].ready:
            for row in await store.claim_events(owner, 3):
                done.setdefault(row.event.conv, []).append(row.event.event_id)
                await settle(store, row.inbox_id, row.attempt)

    await asyncio.gather(*(work(f"w{n}") for n in range(4)))
    assert len(done) == 5
    for conv, seen in done.items():
        assert seen == [f"{n}-{conv[-1]}" for n in range(8)]


async def test_the_limit_is_kept(store: Store) -> None:
    source = await door(store)
    await received(store, source, *(event(f"e{n}", f"conv {n}") for n in range(9)))
    assert [len(await store.claim_events("me", 4)) for _ in range(4)] == [4, 4, 1, 0]


async def test_a_row_that_another_worker_is_just_claiming_is_passed_over(
    store: Store, database_server: Postgres | None, database_url: str
) -> None:
    """On PostgreSQL; on SQLite there is one writer at a time."""
    if database_server is None:
        return
    source = await door(store)
    ids = await received(store, source, event("e1", "a"), event("e2", "b"))
    rival = await asyncpg.connect(database_url)
    await rival.execute("BEGIN")
    await rival.execute("SELECT id FROM inbox WHERE id = $1 FOR UPDATE".replace("$1", str(ids[0])))
    claimed = await asyncio.wait_for(store.claim_events("me", 9), 10)
    assert [row.inbox_id for row in claimed] == [ids[1]]
    await rival.close()


async def test_of_those_in_hand_at_two_deaths_one_after_the_other_is_tried(
    store: Store, clock: Clock
) -> None:
    source = await door(store)
    ids = await received(store, source, *(event(f"e{n}", f"conv {n}") for n in range(3)))
    for worker in ("one", "two"):
        assert len(await store.claim_events(worker, 10)) == 3
        await store.release_all()
    (fresh,) = await received(store, source, event("e9", "conv 9"))
    assert [row.inbox_id for row in await store.claim_events("three", 10)] == [fresh]
    clock.move(timedelta(seconds=1))
    (first,) = await store.claim_events("three", 10)
    assert (first.inbox_id, first.begun) == (ids[0], 3)
    assert await store.claim_events("three", 10) == []
    await settle(store, ids[0], 3)
    (second,) = await store.claim_events("three", 10)
    assert (second.inbox_id, second.begun) == (ids[1], 3)


async def test_after_each_death_a_row_waits_twice_as_long(store: Store, clock: Clock) -> None:
    source = await door(store)
    await received(store, source, event("e1"))
    for seconds in (0, 0, 1, 2, 4, 8):
        if seconds:
            clock.move(timedelta(seconds=seconds, microseconds=-1))
            assert await store.claim_events("me", 10) == []
            clock.move(timedelta(microseconds=1))
        assert len(await store.claim_events("me", 10)) == 1
        await store.release_all()


async def test_who_lived_to_settle_it_clears_a_row(store: Store, clock: Clock) -> None:
    source = await door(store)
    (row_id,) = await received(store, source, event("e1"))
    for _ in range(3):
        (row,) = await store.claim_events("me", 10)
        await store.release_all()
        clock.move(timedelta(seconds=2))
    assert row.begun == 3
    (row,) = await store.claim_events("me", 10)
    await settle(store, row_id, row.attempt, End.AGAIN)
    (row,) = await store.claim_events("me", 10)
    assert (row.begun, row.attempt) == (1, 5)
    await store.release_all()
    (row,) = await store.claim_events("me", 10)
    await settle(store, row_id, row.attempt, End.PARKED)
    assert await store.replay(row_id)
    assert [row.begun for row in await store.claim_events("me", 10)] == [1]


@pytest.mark.parametrize("queue", ["customers_in", "managers"])
async def test_behind_a_long_conversation_others_are_found(
    store: Store, monkeypatch: pytest.MonkeyPatch, queue: str
) -> None:
    async def claim() -> list[int]:
        if queue == "customers_in":
            return [row.inbox_id for row in await store.claim_events("me", 10)]
        return [row.id for row in await store.claim_outbox("managers", "me", 10)]

    source = await door(store)
    if queue == "customers_in":
        await received(
            store, source, *(event(f"e{n}", "long") for n in range(claims.FRONT + 1)), event("e", "b")
        )
    else:
        long = [ToManager(View.SAY, 1, args={"key": str(n)}) for n in range(claims.FRONT + 1)]
        await put(store, *long, ToManager(View.SAY, 2, args={"key": "b"}))
    monkeypatch.setattr(random, "random", lambda: 0.9)
    (first,) = await claim()
    (other,) = await claim()
    assert other == first + claims.FRONT + 1
    await store.release_all()
    monkeypatch.setattr(random, "random", lambda: 0.0)
    assert await claim() == [first, other]
