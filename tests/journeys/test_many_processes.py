"""Several services on one PostgreSQL, some killed, some asleep: nothing lost, order kept, hardly a repeat."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from databases import Postgres
from journeys.company import ANTON, TOMAS
from journeys.crowd import Crowd
from journeys.process import PATIENCE, Service, Town, town

from sandbox.faults import Fault

pytestmark = pytest.mark.timeout(600)  # each start imports Telegram's library, slowly on a busy machine
EVERYTHING = "web,work,desk,clock"
APART = ("web,work", "web,work", "desk,clock", "desk,clock")
A_ROUND = 0.4  # seconds
SEND_TO_MANAGERS = "send:0"


@pytest.fixture
async def shared_url(postgres_server: Postgres) -> AsyncIterator[str]:
    """A database that many may use at a time."""
    url = await postgres_server.fresh()
    yield url
    await postgres_server.drop(url)


async def asked(question: Callable[[], Awaitable[Any]]) -> Any:
    """Ask until the answer is something."""
    async with asyncio.timeout(PATIENCE):
        while not (answer := await question()):
            await asyncio.sleep(0.05)
        return answer


async def started(it: Town, *roles: str) -> list[Service]:
    """All at once, as after a reboot."""
    it.service.roles = roles[0]
    services = [it.service, *(it.another(each) for each in roles[1:])]
    await asyncio.gather(*(one.start() for one in services))
    return services


def pid(service: Service) -> int:
    assert service.process
    return service.process.pid


async def holder(it: Town, *names: str) -> Service | None:
    """The one service that holds a lease of such a name, and has not let it run out."""
    like = " OR ".join(f"name LIKE '{name}'" for name in names)
    found = await it.rows(
        f"SELECT DISTINCT split_part(owner, ':', 2) FROM lease"  # noqa: S608
        f" WHERE ({like}) AND until > extract(epoch FROM now()) * 1000000"
    )
    running = {str(one.process.pid): one for one in it.services if one.process}
    return running.get(found[0][0]) if len(found) == 1 else None


async def held_by_another(it: Town, service: Service, *names: str) -> Service:
    async def other() -> Service | None:
        found = await holder(it, *names)
        return found if found is not service else None

    found: Service = await asked(other)
    return found


@asynccontextmanager
async def load(crowd: Crowd) -> AsyncIterator[None]:
    """Forms, customers and the manager's replies, all the time."""
    enough = asyncio.Event()
    posts: list[asyncio.Task[None]] = []

    async def go() -> None:
        while not enough.is_set():
            posts.extend(crowd.posts(forms=2))
            crowd.writes()
            await asyncio.wait([asyncio.ensure_future(enough.wait())], timeout=A_ROUND)

    task = asyncio.create_task(go())
    try:
        yield
    finally:
        enough.set()
        await task
        await asyncio.gather(*posts)


async def talked(it: Town, crowd: Crowd) -> None:
    """Both sides have been heard: everybody who sends and polls holds their lease."""
    await it.until(lambda: all(crowd.read(one) for one in crowd.replies))


async def ends_well(it: Town, crowd: Crowd, repeats: int) -> None:
    await asyncio.gather(*crowd.posts(forms=1))
    assert not crowd.owed
    await crowd.everything_is_shown(repeats)
    crowd.order_is_kept()
    errors = [line for one in it.services for line in one.errors()]
    assert not errors, "\n".join(f"{line['message']}\n{line.get('traceback', '')}" for line in errors)
    await it.service.does("verify")


async def one_dies_and_one_sleeps(it: Town, crowd: Crowd) -> int:
    """Under load. Whoever polls the customers' bot dies, whoever sends to managers sleeps past its lease."""
    dead = await asked(lambda: holder(it, "poll:_"))
    asleep = await asked(lambda: holder(it, SEND_TO_MANAGERS))
    if asleep is dead:
        asleep = next(one for one in it.services if one.process and one is not dead)
    numbers = [pid(dead), pid(asleep)]
    asleep.signal(signal.SIGSTOP)
    await dead.kill()
    repeats = sum([await it.in_flight(number) for number in numbers])
    for names in (("poll:_",), ("poll:desk%", SEND_TO_MANAGERS, "clock")):
        for name in names:
            await held_by_another(it, asleep, name)
    asleep.signal(signal.SIGCONT)
    return repeats


async def four(it: Town, roles: tuple[str, ...], times: int, seed: int) -> None:
    crowd = Crowd(it, Random(seed))
    crowd.arrives()
    services = await started(it, *roles)
    repeats = 0
    async with load(crowd):
        for _ in range(times):
            await talked(it, crowd)
            repeats += await one_dies_and_one_sleeps(it, crowd)
            for one in services:
                if one.process is None:
                    await one.start()
        stopped = await asked(lambda: holder(it, SEND_TO_MANAGERS))
        async with asyncio.timeout(10):
            assert await stopped.stop() == 0
    await ends_well(it, crowd, repeats)


async def test_one_of_four_is_killed_one_sleeps_and_one_is_stopped(shared_url: str, tmp_path: Path) -> None:
    async with town(shared_url, tmp_path) as it:
        await four(it, APART, 1, 1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("roles", [APART, (EVERYTHING,) * 4], ids=["apart", "alike"])
async def test_one_of_four_is_killed_and_one_sleeps_again_and_again(
    shared_url: str, tmp_path: Path, roles: tuple[str, ...], seed: int
) -> None:
    async with town(shared_url, tmp_path) as it:
        await four(it, roles, 5, seed)


async def test_budgets_hold_for_all_together(shared_url: str, tmp_path: Path) -> None:
    """Telegram takes a little more than one process spends, and much less than two would."""
    async with town(shared_url, tmp_path) as it:
        it.service.environment["FRONTDESK_SEND_RATES"] = "bot=100,chat=6,group=60"
        await started(it, "web,work,clock", "desk", "desk")
        it.world.faults.per_chat = 8
        forms = [f"form {number}." for number in range(30)]
        await asyncio.gather(*(it.post(text, name="Dana") for text in forms))
        await it.until(lambda: all(it.shown(text) for text in forms))
        await it.drained()
        assert [one for one in it.world.log if one.status == 429] == []
        assert [it.shown(text) for text in forms] == [1] * len(forms)


async def test_who_slept_past_its_lease_cannot_settle(shared_url: str, tmp_path: Path) -> None:
    """The answer to its call waits for it; meanwhile another one has sent the reply and noted it."""
    async with town(shared_url, tmp_path) as it:
        zombie, _ = await started(it, "web,work", "desk,clock")
        it.world.user_starts(it.shop, ANTON)
        it.world.user_sends(it.shop, ANTON, text="Pine shelf")
        shelf = await it.sees("Pine shelf")
        it.world.faults.add(Fault("slow", times=1, bot=it.shop.username, method="sendMessage", seconds=1))
        it.world.user_sends(it.desk, TOMAS, text="Of course", thread_id=shelf["message_thread_id"])
        await it.until(lambda: it.read_by(ANTON))
        zombie.signal(signal.SIGSTOP)
        await it.another("web,work").start()
        await it.until(lambda: it.read_by(ANTON) == ["Of course"] * 2)
        await it.drained()
        zombie.signal(signal.SIGCONT)
        line = await zombie.says("LostLease")
        assert "goes to whoever claims it next" in line["message"]
        found = await it.rows("SELECT state, attempt FROM outbox WHERE lane = 'customers'")
        assert found == [("done", 2)]
        it.world.user_sends(it.shop, ANTON, text="Thank you")
        await it.sees("Thank you")
        assert it.read_by(ANTON) == ["Of course"] * 2


async def test_on_sqlite_a_second_service_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with town(f"sqlite://{tmp_path}/f.db", tmp_path) as it:
        await started(it, "web,work")
        second = await it.service.command("run", "--roles", "clock")
        assert second.code == 1
        assert "PostgreSQL" in second.err
        assert "Traceback" not in second.err
        assert await it.post("Oak table", name="Dana", phone="+37061234567") == 200
