"""PostgreSQL is stopped, slow, cut off or silent: 503 with Retry-After, nothing lost, no restart of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from databases import SECRET
from journeys.company import ANTON, TOMAS, Company, opened
from journeys.load import Load, ready, taken_is_shown
from journeys.process import town
from journeys.proxy import Proxy, proxy
from journeys.servers import Server, server

from leads.errors import StoreUnavailable
from scheduler.clock import real_now
from storage.lifecycle import open_store

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    with server() as running:
        yield running


async def away_for(own: Server, url: str, folder: Path, seconds: float) -> None:
    async with town(url, folder) as it:
        await it.service.start()
        await it.service.says("managers' desk is")
        it.world.user_starts(it.shop, ANTON)
        it.world.user_sends(it.shop, ANTON, text="Pine shelf")
        shelf = await it.sees("Pine shelf")
        load = Load(it)
        running = asyncio.create_task(load.goes_on())
        await load.grows(load.taken)
        await own.stop()
        await load.grows(load.refused)
        taken = len(load.taken)
        assert await ready(it) == 503
        it.world.user_sends(it.desk, TOMAS, text="Of course", thread_id=shelf["message_thread_id"])
        it.world.user_sends(it.shop, ANTON, text="And an oak one")
        await asyncio.sleep(seconds)
        assert len(load.taken) == taken
        await own.start()
        await load.grows(load.taken)
        load.over = True
        await running
        assert await ready(it) == 200
        await it.until(lambda: it.read_by(ANTON) == ["Of course"])
        await it.sees("And an oak one")
        remind = "/remind 2h send the price list"
        it.world.user_sends(it.desk, TOMAS, text=remind, thread_id=shelf["message_thread_id"])
        await it.sees("I will remind you")
        await it.rows("UPDATE reminder SET due_at = due_at - 10800000000 WHERE kind = 'manual'")
        await it.sees("Reminder: #1")
        await taken_is_shown(load)
        assert await it.rows("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'") != [(0,)]


async def test_stopped_for_a_while(own: Server, tmp_path: Path) -> None:
    await away_for(own, await own.database(), tmp_path, 1.0)


@pytest.mark.soak
async def test_stopped_for_ten_seconds(own: Server, tmp_path: Path) -> None:
    await away_for(own, await own.database(), tmp_path, 10.0)


@pytest.fixture
def _short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was claimed by a call that got no answer comes again sooner."""
    monkeypatch.setattr("storage.claims.LEASE", timedelta(seconds=4))


@asynccontextmanager
async def by_wire(own: Server) -> AsyncIterator[tuple[Company, Proxy]]:
    """A company whose database is at the other end of a line."""
    url = await own.database()
    async with (
        proxy(own.socket) as wire,
        opened(own.through(wire.port, url), managers=(TOMAS,)) as company,
    ):
        yield company, wire


async def forms(company: Company, begin: int, count: int = 12) -> list[tuple[str, int]]:
    """Post them all at once; each with what it was answered."""
    texts = [f"form {number}." for number in range(begin, begin + count)]
    answers = await asyncio.gather(*(company.post_form(message=text) for text in texts))
    return list(zip(texts, [status for status, _ in answers], strict=True))


async def kept(company: Company, answered: list[tuple[str, int]]) -> None:
    """What was acknowledged is shown, once; all others were told to come again."""
    assert {status for _, status in answered} <= {200, 503}
    taken = [text for text, status in answered if status == 200]
    await company.until(lambda: all(company_shows(company, text) for text in taken))
    await company.settled()
    assert [text for text in taken if company_shows(company, text) != 1] == []
    assert await company.parked() == 0


def company_shows(company: Company, text: str) -> int:
    return sum(text in shown for shown in company.texts_at_desk(TOMAS))


async def test_a_slow_line(own: Server) -> None:
    async with by_wire(own) as (company, wire):
        wire.delay = 0.03
        answered = await forms(company, 0)
        assert {status for _, status in answered} == {200}
        wire.delay = 0.0
        await kept(company, answered)


@pytest.mark.usefixtures("_short_leases")
async def test_lines_that_are_cut(own: Server) -> None:
    """In the midst of accepting and of handling, again and again."""
    async with by_wire(own) as (company, wire):
        answered = []
        for turn in range(10):
            posting = asyncio.create_task(forms(company, 100 * turn))
            await asyncio.sleep(0.004 * turn)
            wire.cut()
            answered += await posting
        answered += await forms(company, 2000)
        assert answered[-1][1] == 200
        await kept(company, answered)


@pytest.mark.usefixtures("_short_leases")
async def test_lines_that_swallow_everything(own: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement and no commit is waited for without end; here a second stands for the real thirty."""
    monkeypatch.setattr("storage.backends.COMMAND_SECONDS", 1)
    async with by_wire(own) as (company, wire):
        answered = await forms(company, 0)
        for turn in range(1, 4):
            posting = asyncio.create_task(forms(company, 100 * turn))
            await asyncio.sleep(0.003 * turn)
            wire.swallow()
            async with asyncio.timeout(20):
                answered += await posting
        async with asyncio.timeout(20):
            answered += await forms(company, 2000)
        assert answered[-1][1] == 200
        await kept(company, answered)


async def test_after_one_time_out_no_line_of_before_is_used(
    own: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each of the idle ones would cost a time-out of its own."""
    monkeypatch.setattr("storage.backends.COMMAND_SECONDS", 1)
    url = await own.database()
    async with proxy(own.socket) as wire:
        address = own.through(wire.port, url)
        store = await open_store(address, state=tmp_path, secret=SECRET, now=real_now, lease_now=real_now)
        await asyncio.gather(*(store.ping() for _ in range(8)))
        wire.swallow()
        with pytest.raises(StoreUnavailable):
            await store.ping()
        await store.ping()
        await store.close()
