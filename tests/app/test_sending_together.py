"""Several processes send: each destination is left to the one that holds its lease."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from itertools import count

import pytest
from databases import Clock

from app.sending import Lane, lane_to_customers, lane_to_managers
from app.singles import HELD, SURE, Leases
from bot.rates import Rates
from leads.changes import Changes, Outbound, ToCustomer, ToManager, View
from leads.events import Outgoing, SendCode, SendError
from scheduler.destinations import Destinations
from storage.store import Store

NO_BUDGETS = Rates(0, 0, 0)
NUMBERS = count()


async def looked(key: int) -> None:
    """There."""


def process(store: Store, clock: Clock, owner: str) -> Leases:
    async def take(names: Collection[str], seconds: float) -> Collection[str]:
        return await store.lease(names, owner, seconds)

    return Leases(take, partial(store.release_leases, owner), lambda: clock().timestamp())


@pytest.fixture
def leases(store: Store, clock: Clock) -> tuple[Leases, Leases]:
    return process(store, clock, "me"), process(store, clock, "you")


def customers(store: Store, leases: Leases, forget: Callable[[int], None] = lambda _: None) -> Lane:
    return lane_to_customers(store, Destinations(looked, lambda: None), leases, forget)


def managers(store: Store, leases: Leases) -> Lane:
    return lane_to_managers(store, Destinations(looked, lambda: None), leases, NO_BUDGETS)


async def write(store: Store, *sources: int) -> None:
    """A row for each, in conversations of their own."""
    rows = (ToCustomer(1, one, f"c{next(NUMBERS)}", Outgoing("Hello")) for one in sources)
    await store.commit(Changes(put=tuple(rows)))


def sources(rows: Sequence[Outbound]) -> list[int]:
    return sorted(row.body.source_id for row in rows if isinstance(row.body, ToCustomer))


async def free(store: Store) -> int:
    return (await store.counts())["customers_out"].ready


async def test_a_source_is_taken_with_its_first_rows_and_left_to_its_holder(
    store: Store, leases: tuple[Leases, Leases]
) -> None:
    mine, yours = (customers(store, each) for each in leases)
    await write(store, 1, 1)
    assert sources(await mine.claim("me", 9)) == [1, 1]
    await write(store, 1, 2)
    assert sources(await yours.claim("you", 9)) == [2]
    await write(store, 1, 2)
    assert sources(await mine.claim("me", 9)) == [1, 1]
    assert sources(await yours.claim("you", 9)) == [2]


async def test_what_two_found_at_the_same_time_goes_to_one(
    store: Store, leases: tuple[Leases, Leases]
) -> None:
    """The lease is asked for after the rows were claimed: who is refused gives them back, untried."""
    mine, yours = (customers(store, each) for each in leases)
    await write(store, 1, 1, 2)
    first = await store.claim_outbox("customers", "me", 1)
    await leases[1].ours("send:1")
    assert await mine._ours(first) == []
    rows = await yours.claim("you", 9)
    assert (sources(rows), [row.tries for row in rows]) == ([1, 1, 2], [0, 0, 0])


async def test_the_managers_bot_is_one_destination(store: Store, leases: tuple[Leases, Leases]) -> None:
    mine, yours = (managers(store, each) for each in leases)
    await store.commit(Changes(put=(ToManager(View.SAY, 5),)))
    assert len(await mine.claim("me", 9)) == 1
    await store.commit(Changes(put=(ToManager(View.SAY, 6, lead_id=2),)))
    assert await yours.claim("you", 9) == []
    await leases[0].close()
    assert len(await yours.claim("you", 9)) == 1


async def test_who_lost_it_sends_nothing_more_and_forgets_what_it_learned(
    store: Store, clock: Clock, leases: tuple[Leases, Leases]
) -> None:
    forgotten: list[int] = []
    mine, yours = customers(store, leases[0], forgotten.append), customers(store, leases[1])
    await write(store, 1, 1)
    row, another = await mine.claim("me", 9)

    async def send(row: Outbound) -> None:
        """It waits for its budget, and the whole process sleeps."""
        clock.move(timedelta(seconds=SURE + 0.1))
        await mine.answered(1, never)

    async def never() -> None:
        raise AssertionError("nobody may send this")

    for each in (row, another):
        with pytest.raises(SendError) as caught:
            await mine.tried(each, send)
        assert (caught.value.code, caught.value.retry_after) == (SendCode.UNAVAILABLE, 0.0)
        await mine.give_back(each)
    clock.move(timedelta(seconds=HELD - SURE))
    assert sources(await yours.claim("you", 9)) == [1, 1]
    await write(store, 1)
    assert await mine.claim("me", 9) == []
    await leases[0].ours("send:1")
    assert forgotten == [1]
    assert await free(store) == 1


async def test_after_a_stop_the_next_one_sends_at_once(store: Store, leases: tuple[Leases, Leases]) -> None:
    mine, yours = (customers(store, each) for each in leases)
    await write(store, 1)
    assert await mine.claim("me", 9)
    await write(store, 1)
    assert await yours.claim("you", 9) == []
    await leases[0].close()
    assert sources(await yours.claim("you", 9)) == [1]
