"""What is away is tried by one row a second; whatever speaks against that is not believed too soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from leads.events import SendCode, SendError
from scheduler import destinations as rules
from scheduler.destinations import AWAY_OR_WRONG, Destinations

SHOP, OTHER = 1, 2


@dataclass
class Scene:
    """Time that is moved by hand, and a vendor who is there or not."""

    now: float = 100.0
    there: bool = True
    looks: int = 0
    backs: int = 0
    parts: Destinations = field(init=False)

    def __post_init__(self) -> None:
        self.parts = Destinations(self.look, self.back, lambda: self.now)

    async def look(self, key: int) -> None:
        self.looks += 1
        if not self.there:
            raise SendError(SendCode.UNAVAILABLE, "500")

    def back(self) -> None:
        self.backs += 1

    async def vendor(self) -> str:
        if not self.there:
            raise SendError(SendCode.UNAVAILABLE, "500")
        return "sent"

    async def tries(
        self, row: int, send: Callable[[], Awaitable[str]] | None = None, key: int = SHOP
    ) -> object:
        """What became of it: the result, or the error's code and its pause."""
        self.now += 0.001
        try:
            return await self.parts.tried(key, row, send or self.vendor)
        except SendError as error:
            return error.code, error.retry_after

    def probes(self, *rows: int) -> int:
        """A second later one of these rows is chosen to try."""
        self.now += 1
        assert self.parts.due() == [SHOP]
        return self.parts.choose(SHOP, rows)

    async def goes_away(self, row: int = 1) -> None:
        self.there = False
        assert await self.tries(row) == WAITS


WAITS = (SendCode.UNAVAILABLE, 0.0)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    await made.parts.close()


async def never() -> str:
    raise AssertionError("this row must not be sent")


async def test_while_a_destination_is_away_no_other_row_of_it_is_tried(scene: Scene) -> None:
    await scene.goes_away()
    assert scene.parts.away() == {SHOP}
    assert await scene.tries(2, never) == WAITS
    assert await scene.tries(3, key=OTHER) == WAITS
    assert scene.parts.away() == {SHOP, OTHER}


async def test_one_row_tries_each_second_and_its_success_releases_all(scene: Scene) -> None:
    await scene.goes_away()
    assert scene.parts.due() == []
    for _ in range(3):
        probe = scene.probes(1, 2)
        assert scene.parts.due() == []
        assert await scene.tries(probe) == WAITS
    scene.there = True
    assert await scene.tries(scene.probes(1, 2)) == "sent"
    assert not scene.parts.away()
    assert scene.backs == 1
    assert await scene.tries(7) == "sent"


async def test_a_row_tries_only_where_something_answers(scene: Scene) -> None:
    await scene.goes_away()
    scene.probes(1)
    assert await scene.tries(1, never) == WAITS
    assert scene.looks == 1


@pytest.mark.parametrize("code", [code for code in SendCode if code is not SendCode.UNAVAILABLE])
async def test_a_refusal_is_an_answer(scene: Scene, code: SendCode) -> None:
    async def refuses() -> str:
        raise SendError(code, retry_after=7.0)

    assert await scene.tries(1, refuses) == (code, 7.0)
    assert not scene.parts.away()
    await scene.goes_away()
    scene.there = True
    assert await scene.tries(scene.probes(1), refuses) == (code, 7.0)
    assert not scene.parts.away()


async def test_what_began_before_the_outage_does_not_end_it(scene: Scene) -> None:
    gate = asyncio.Event()

    async def late() -> str:
        await gate.wait()
        return "sent"

    early = asyncio.create_task(scene.tries(1, late))
    await asyncio.sleep(0)
    await scene.goes_away(2)
    gate.set()
    assert await early == "sent"
    assert scene.parts.away() == {SHOP}


async def test_what_failed_before_the_return_does_not_make_another_outage(scene: Scene) -> None:
    gate = asyncio.Event()

    async def late() -> str:
        await gate.wait()
        raise SendError(SendCode.UNAVAILABLE)

    early = asyncio.create_task(scene.tries(1, late))
    await asyncio.sleep(0)
    await scene.goes_away(2)
    scene.there = True
    assert await scene.tries(scene.probes(2)) == "sent"
    gate.set()
    assert await early == WAITS
    assert not scene.parts.away()


async def test_a_row_that_always_fails_speaks_for_itself_only(scene: Scene) -> None:
    """A vendor may answer 500 to one message for ever: the others go, it comes again more and more seldom."""

    async def bad() -> str:
        raise SendError(SendCode.UNAVAILABLE, "500")

    assert await scene.tries(1, bad) == WAITS
    assert scene.probes(1, 2) == 1
    assert await scene.tries(1, bad) == WAITS
    assert scene.probes(1, 2) == 2
    assert await scene.tries(2) == "sent"
    pauses = [await scene.tries(1, bad) for _ in range(6)]
    assert pauses == [(SendCode.UNAVAILABLE, pause) for pause in (2.0, 4.0, 8.0, 16.0, 30.0, 30.0)]
    assert not scene.parts.away()
    assert await scene.tries(1) == "sent"
    await scene.goes_away(1)


async def test_our_own_failures_say_nothing_of_the_destination(scene: Scene) -> None:
    async def buggy() -> str:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await scene.tries(1, buggy)
    assert not scene.parts.away()


async def test_silent_calls_are_given_up_when_the_destination_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their connections are dead: waiting for the vendor's time-out would keep their conversations."""
    monkeypatch.setattr(rules, "SILENT", 0.01)
    monkeypatch.setattr(rules, "EVERY", 0.02)
    monkeypatch.setattr("scheduler.looks.EVERY", 0.02)
    answers, waits, went = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def look(key: int) -> None:
        if not answers.is_set():
            await asyncio.Event().wait()

    async def silent() -> str:
        waits.set()
        await asyncio.Event().wait()
        return "never"

    parts = Destinations(look, went.set)
    task = asyncio.create_task(parts.tried(SHOP, 1, lambda: parts.answered(SHOP, silent)))
    await asyncio.wait_for(waits.wait(), 5)
    async with asyncio.timeout(5):
        while not parts.away():
            await asyncio.sleep(0)
    answers.set()
    with pytest.raises(SendError) as caught:
        await asyncio.wait_for(task, 5)
    assert (caught.value.code, caught.value.retry_after) == WAITS
    assert went.is_set()
    assert parts.due() == [SHOP]
    await parts.close()


async def test_a_poll_is_begun_anew_after_an_outage_and_tells_of_none(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is silent by nature: neither is it stopped by an outage, nor is its silence one."""
    monkeypatch.setattr(rules, "SILENT", 0.01)
    monkeypatch.setattr(rules, "EVERY", 0.01)
    await scene.goes_away()
    polled = asyncio.create_task(scene.parts.polled(OTHER, asyncio.Event().wait))
    again = asyncio.create_task(scene.parts.polled(SHOP, scene.vendor))
    with pytest.raises(SendError, match="500"):
        await again
    async with asyncio.timeout(5):
        while scene.looks < 3:
            scene.now += 1
            await asyncio.sleep(0)
    assert scene.parts.away() == {SHOP}
    scene.there = True
    while not polled.done():
        scene.now += 1
        await asyncio.sleep(0)
    with pytest.raises(SendError, match="before it was back") as caught:
        await polled
    assert caught.value.retry_after


async def test_a_miss_is_a_miss_for_all_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that nobody had time to look after before the return is as dead as the others."""
    monkeypatch.setattr(rules, "EVERY", 0.02)
    monkeypatch.setattr("scheduler.looks.EVERY", 0.02)
    answers = asyncio.Event()

    async def look(key: int) -> None:
        if not answers.is_set():
            await asyncio.Event().wait()

    parts = Destinations(look, lambda: None)
    monkeypatch.setattr(rules, "SILENT", 0.2)
    late = asyncio.create_task(parts.answered(SHOP, asyncio.Event().wait))
    await asyncio.sleep(0)  # it has begun, and is looked after in a while
    monkeypatch.setattr(rules, "SILENT", 0.01)
    early = asyncio.create_task(parts.answered(SHOP, asyncio.Event().wait))
    async with asyncio.timeout(5):
        while not parts.away():
            await asyncio.sleep(0)
        answers.set()
        for call in (early, late):
            with pytest.raises(SendError):
                await call
    await parts.close()


async def test_a_slow_call_is_left_alone_where_something_answers(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload may take minutes."""
    monkeypatch.setattr(rules, "SILENT", 0.01)
    monkeypatch.setattr(rules, "EVERY", 0.01)
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "sent"

    task = asyncio.create_task(scene.parts.answered(SHOP, slow))
    async with asyncio.timeout(5):
        while scene.looks < 3:
            scene.now += 1
            await asyncio.sleep(0)
    assert not scene.parts.away()
    gate.set()
    assert await task == "sent"


async def test_nothing_is_called_where_the_destination_is_away(scene: Scene) -> None:
    """Showing takes several calls: what is in the middle of it stops."""
    await scene.goes_away()
    with pytest.raises(SendError):
        await scene.parts.answered(SHOP, never)
    scene.probes(1)
    scene.there = True
    assert await scene.tries(1, lambda: scene.parts.answered(SHOP, scene.vendor)) == "sent"


async def refuses() -> str:
    raise SendError(SendCode.MISCONFIGURED, "401")


async def test_where_a_person_must_mend_something_the_pauses_grow_to_a_minute() -> None:
    scene = Scene()
    scene.parts = Destinations(scene.look, scene.back, lambda: scene.now, standstill=AWAY_OR_WRONG)
    assert await scene.tries(1, refuses) == (SendCode.MISCONFIGURED, 0.0)
    assert scene.parts.away() == {SHOP}
    begin, tries = scene.now, []
    while len(tries) < 9:
        scene.now += 0.5
        if scene.parts.due():
            tries.append(scene.now - begin)
            scene.parts.choose(SHOP, [1])
            assert await scene.tries(1, refuses) == (SendCode.MISCONFIGURED, 0.0)
    pauses = [round(after - before) for before, after in pairwise(tries)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    scene.parts.look_again(SHOP)
    assert (scene.parts.due(), scene.backs) == ([SHOP], 1)
    assert scene.parts.choose(SHOP, [1]) == 1
    assert await scene.tries(1) == "sent"
    assert scene.parts.away() == frozenset()
    await scene.parts.close()


async def test_elsewhere_a_refusal_is_the_rows_own(scene: Scene) -> None:
    assert await scene.tries(1, refuses) == (SendCode.MISCONFIGURED, None)
    assert scene.parts.away() == frozenset()
