"""What is claimed for sending, and what is left where it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from app.sending import A_CHAT_AT_ONCE, A_SOURCE_AT_ONCE, Lane, lane_to_customers, lane_to_managers
from app.singles import Leases
from bot.rates import Rates
from leads.changes import Changes, Outbound, ToCustomer, ToManager, View
from leads.events import Outgoing, SendCode, SendError
from scheduler.destinations import Destinations
from storage.store import Store

SLOW = Rates(30, 1, 20)


class Time:
    """A clock for the pauses, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


async def answers(key: int) -> None:
    """Every look is answered."""


async def nothing() -> None:
    """Nothing is held."""


@pytest.fixture
def parts(time: Time) -> Destinations:
    return Destinations(answers, lambda: None, time)


def alone() -> Leases:
    """Nobody else asks."""

    async def take(names: Collection[str], seconds: float) -> Collection[str]:
        return names

    return Leases(take, nothing)


async def to_customers(store: Store, source: int, count: int, begin: int = 0) -> None:
    rows = (ToCustomer(1, source, f"c{n}", Outgoing(str(n))) for n in range(begin, begin + count))
    await store.commit(Changes(put=tuple(rows)))


async def to_managers(store: Store, chat: int, count: int) -> None:
    rows = (ToManager(View.SAY, chat, lead_id=n, args={"n": n}) for n in range(count))
    await store.commit(Changes(put=tuple(rows)))


async def refused(lane: Lane, row: Outbound, code: SendCode = SendCode.UNAVAILABLE) -> None:
    async def send(row: Outbound) -> None:
        raise SendError(code)

    with pytest.raises(SendError):
        await lane.tried(row, send)
    await lane.give_back(row)
    lane.done(row)


async def went(lane: Lane, row: Outbound) -> None:
    async def send(row: Outbound) -> None:
        return None

    await lane.tried(row, send)
    lane.done(row)


def sources(rows: Sequence[Outbound]) -> list[int]:
    return [row.body.source_id for row in rows if isinstance(row.body, ToCustomer)]


async def waiting(store: Store, queue: str) -> int:
    return (await store.counts())[queue].ready


async def test_rows_of_a_source_that_is_away_stay_where_they_are(
    store: Store, time: Time, parts: Destinations
) -> None:
    lane = lane_to_customers(store, parts, alone())
    await to_customers(store, 1, 1)
    (row,) = await lane.claim("me", 9)
    await refused(lane, row)
    await to_customers(store, 1, 5, begin=1)
    await to_customers(store, 2, 2)
    assert sources(await lane.claim("me", 9)) == [2, 2]
    assert await lane.claim("me", 9) == []
    assert await waiting(store, "customers_out") == 6
    time.now += 1
    (probe,) = await lane.claim("me", 9)
    assert sources([probe]) == [1]
    assert await waiting(store, "customers_out") == 5
    await went(lane, probe)
    assert sources(await lane.claim("me", 9)) == [1] * 5


async def test_of_two_rows_the_one_that_failed_less_tries(
    store: Store, time: Time, parts: Destinations
) -> None:
    lane = lane_to_customers(store, parts, alone())
    await to_customers(store, 1, 3)
    first, *others = await lane.claim("me", 9)
    await refused(lane, first)
    for row in others:
        await lane.give_back(row)
        lane.done(row)
    tried = []
    for _ in range(4):
        time.now += 1
        (row,) = await lane.claim("me", 9)
        await refused(lane, row)
        tried.append(row.id)
    assert tried == [first.id, others[0].id] * 2


async def test_one_source_does_not_take_the_place_of_the_others(store: Store, parts: Destinations) -> None:
    lane = lane_to_customers(store, parts, alone())
    await to_customers(store, 1, 2 * A_SOURCE_AT_ONCE)
    await to_customers(store, 2, 1)
    rows = await lane.claim("me", 3 * A_SOURCE_AT_ONCE)
    assert sorted(sources(rows)) == [1] * A_SOURCE_AT_ONCE + [2]
    assert await lane.claim("me", 9) == []
    await went(lane, rows[0])
    assert sources(await lane.claim("me", 1)) == [1]


async def test_while_the_bot_is_away_one_row_of_all_chats_is_claimed(
    store: Store, time: Time, parts: Destinations
) -> None:
    lane = lane_to_managers(store, parts, alone(), Rates(0, 0, 0))
    await to_managers(store, 5, 3)
    first, *others = await lane.claim("me", 9)
    await refused(lane, first)
    await to_managers(store, 6, 3)
    assert await lane.claim("me", 9) == []
    time.now += 1
    (probe,) = await lane.claim("me", 9)
    for row in others:
        lane.done(row)
    await went(lane, probe)
    assert len(await lane.claim("me", 9)) == 3


async def test_a_chat_that_telegram_closed_is_left_alone(store: Store, parts: Destinations) -> None:
    limits = Rates(30, 1, 20)
    lane = lane_to_managers(store, parts, alone(), limits)
    limits.refused(5, 60.0)
    await to_managers(store, 5, 3)
    await to_managers(store, 6, 2)
    rows = await lane.claim("me", 9)
    assert [row.body.chat_id for row in rows if isinstance(row.body, ToManager)] == [6, 6]


@pytest.mark.parametrize(
    ("limits", "first"), [(SLOW, A_CHAT_AT_ONCE), (Rates(0, 0, 0), 3 * A_CHAT_AT_ONCE)], ids=["on", "off"]
)
async def test_what_waits_for_one_chats_budget_leaves_room(
    store: Store, parts: Destinations, limits: Rates, first: int
) -> None:
    lane = lane_to_managers(store, parts, alone(), limits)
    await to_managers(store, 5, 3 * A_CHAT_AT_ONCE)
    await to_managers(store, 6, 1)
    rows = await lane.claim("me", 9 * A_CHAT_AT_ONCE)
    chats = [row.body.chat_id for row in rows if isinstance(row.body, ToManager)]
    assert (chats.count(5), chats.count(6)) == (first, 1)
