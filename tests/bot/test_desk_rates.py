"""Telegram's budgets: how they are learned from refusals, and who goes first when they are short."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.budgets import BURST, DOUBLES, REMEMBERED, SLOWEST, Budgets
from bot.rates import Rates, rates
from leads.events import SendCode, SendError


def spent(budgets: Budgets, chat: int, seconds: float, start: float = 0.0) -> int:
    """How much one chat may spend from then on, if it spends as soon as it may."""
    now, count = start, 0
    while now < start + seconds:
        wait = max(budgets.wait_for_bot(now), budgets.wait_for_chat(chat, now))
        if wait:
            now += wait
            continue
        budgets.take(chat, now)
        count += 1
    return count


@settings(deadline=None)
@given(st.floats(0.1, 10), st.integers(1, 60))
def test_no_chat_gets_more_than_its_budget_and_the_burst(rate: float, seconds: int) -> None:
    count = spent(Budgets(1e9, rate, 20, 0), 7, seconds)
    assert seconds * rate - 2 <= count <= seconds * rate + BURST + 1


def test_a_group_has_twenty_a_minute_whatever_the_chats_have() -> None:
    assert spent(Budgets(30, 1, 20, 0), -7, 600) == 200 + BURST - 1


def test_a_refusal_closes_the_chat_for_as_long_as_was_said() -> None:
    budgets = Budgets(30, 1, 20, 0)
    budgets.refuse(7, 9.0, 100.0)
    assert budgets.closed(7, 102.0) == 7.0
    assert budgets.wait_for_chat(7, 102.0) == 7.0
    assert budgets.wait_for_chat(8, 102.0) == budgets.wait_for_bot(102.0) == 0
    assert budgets.all_closed(102.0) == {7}
    assert budgets.all_closed(109.0) == set()
    assert budgets.wait_for_chat(7, 109.0) == 0
    budgets.take(7, 109.0)
    assert budgets.wait_for_chat(7, 109.0) == pytest.approx(2, rel=0.1)


def test_a_chat_that_was_refused_is_slower_for_a_while() -> None:
    budgets = Budgets(30, 1, 20, 0)
    full = spent(budgets, 7, 30)
    budgets.refuse(7, 1.0, 1000.0)
    assert spent(budgets, 7, 30, 1001.0) < 0.75 * full
    for _ in range(9):
        budgets.refuse(8, 0.0, 1000.0)
    budgets.take(8, 1000.0)
    assert budgets.wait_for_chat(8, 1000.0) == pytest.approx(1 / SLOWEST)
    assert spent(budgets, 7, 30, 1001.0 + 10 * DOUBLES) >= full - BURST


def test_chats_that_are_at_rest_are_forgotten() -> None:
    budgets = Budgets(1e9, 1, 20, 0)
    for chat in range(REMEMBERED):
        budgets.take(chat, 0.0)
    budgets.refuse(1, 5000.0, 0.0)
    budgets.take(-1, 1000.0)
    assert budgets.closed(1, 1000.0) == 4000
    assert len(budgets._chats) == 2


async def started(*spending: asyncio.Task[None]) -> None:
    for _ in range(3 + len(spending)):
        await asyncio.sleep(0)


async def test_when_the_bots_budget_is_short_the_urgent_go_first() -> None:
    limits, order = Rates(100, 1e9, 1e9), list[int]()

    async def spend(chat: int, urgency: int) -> None:
        await limits.spend(chat, urgency)
        order.append(urgency)

    for chat in range(BURST):
        await limits.spend(chat)
    tasks = [asyncio.create_task(spend(chat, urgency)) for chat, urgency in enumerate([4, 2, 0, 3, 1, 0])]
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert order == [0, 0, 1, 2, 3, 4]


async def test_who_waits_for_one_chat_does_not_hold_the_others() -> None:
    limits = Rates(1e9, 0.001, 1e9)
    for _ in range(BURST):
        await limits.spend(1)
    stuck = asyncio.create_task(limits.spend(1, 0))
    await started(stuck)
    await asyncio.wait_for(limits.spend(2, 4), 5)
    assert not stuck.done()
    stuck.cancel()


async def test_a_refusal_sends_those_away_who_wait_for_that_chat() -> None:
    limits = Rates(1e9, 0.001, 1e9)
    for _ in range(BURST):
        await limits.spend(1)
    waiting = asyncio.create_task(limits.spend(1))
    await started(waiting)
    limits.refused(1, 40.0)
    for late in (waiting, limits.spend(1)):
        with pytest.raises(SendError) as caught:
            await late
        assert caught.value.code is SendCode.RETRY
        assert caught.value.retry_after == pytest.approx(40, abs=5)
    assert limits.closed() == {1}
    await limits.spend(2)


async def test_without_budgets_nothing_is_learned() -> None:
    limits = rates(None)
    limits.refused(1, 40.0)
    await limits.spend(1)
    assert not limits.closed()
    assert not limits.limited


async def test_at_the_end_nobody_waits() -> None:
    limits = Rates(1e9, 0.001, 1e9)
    for _ in range(BURST):
        await limits.spend(1)
    waiting = asyncio.create_task(limits.spend(1))
    await started(waiting)
    limits.close()
    for late in (waiting, limits.spend(1)):
        with pytest.raises(SendError) as caught:
            await late
        assert caught.value.code is SendCode.RETRY
    await limits.spend(2)  # what is in the middle of its calls may end them


async def test_who_lost_the_bot_to_another_process_begins_anew() -> None:
    """Whoever waits goes back to where rows are claimed; what was learned is another's business now."""
    limits = Rates(1000, 0.001, 20)
    for _ in range(BURST):
        await limits.spend(1)
    waiting = asyncio.create_task(limits.spend(1))
    await asyncio.sleep(0)
    limits.refused(2, 60.0)
    limits.forget()
    with pytest.raises(SendError) as caught:
        await waiting
    assert caught.value.code is SendCode.RETRY
    assert limits.closed() == frozenset()
    async with asyncio.timeout(5):
        for _ in range(BURST):
            await limits.spend(1)
