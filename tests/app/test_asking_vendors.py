"""Vendors that are polled: the cursor moves with the events, an outage is waited out, a stop is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import aiohttp
import pytest
from databases import Clock
from pydantic import SecretStr

from app import inbound
from app.inbound import Watch, accept, or_stopped, poll_source
from app.metrics import Metrics
from channels.kit.contract import Channel, Ignored, Item, Source, Unreadable
from leads.errors import StoreUnavailable
from leads.events import Call, Inbound, Kind, SendCode, Sender, SendError
from storage.rows import SourceRow
from storage.store import Store

Page = tuple[Sequence[bytes], str] | Exception


@dataclass
class Vendor:
    """Gives its pages in turn, then holds the poll. What begins with ! cannot be read, with - is ignored."""

    pages: list[Page]
    asked: list[str] = field(default_factory=list)
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    name: str = "pigeon"

    async def poll(
        self, http: aiohttp.ClientSession, source: Source, cursor: str, now: Callable[[], datetime]
    ) -> tuple[Sequence[Call], str]:
        self.asked.append(cursor)
        if not self.pages:
            self.drained.set()
            await asyncio.Event().wait()
        page = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return [Call("POLL", {}, {}, body, now()) for body in page[0]], page[1]

    def parse(self, source: Source, call: Call) -> Sequence[Item]:
        text = call.body.decode()
        if text.startswith("-"):
            return [Ignored("not_ours")]
        if text.startswith("!"):
            return [Unreadable(call.body, "odd")]
        return [Inbound(Kind.MESSAGE, Sender("1"), "c", text, text=text)]


async def unwatched(source_id: int, call: Callable[[], Awaitable[Any]]) -> Any:
    return await call()


@dataclass
class Desk:
    store: Store
    row: SourceRow
    metrics: Metrics
    clock: Clock
    beats: int = 0

    @property
    def source(self) -> Source:
        return Source(self.row.id, "pigeon", "loft", SecretStr(""))

    async def poll(self, vendor: Vendor, watch: Watch = unwatched) -> None:
        """Ask until the vendor has nothing more; then stop."""
        stop = asyncio.Event()

        def beat() -> None:
            self.beats += 1

        async with aiohttp.ClientSession() as http, asyncio.timeout(20):
            polling = asyncio.create_task(
                poll_source(
                    http,
                    watch,
                    cast(Channel, vendor),
                    self.source,
                    self.store,
                    self.metrics,
                    self.clock,
                    stop,
                    beat,
                )
            )
            await vendor.drained.wait()
            stop.set()
            await polling

    async def stored(self) -> list[str]:
        return [row.event.text for row in await self.store.claim_events("test", 100)]


@pytest.fixture
async def desk(store: Store, clock: Clock) -> Desk:
    return Desk(store, await store.add_source("pigeon", "loft", {}), Metrics(), clock)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    found: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds < 0.5:  # not ours
            await real(seconds)
            return
        found.append(seconds)
        await real(0)

    monkeypatch.setattr(inbound.asyncio, "sleep", sleep)
    return found


async def test_pages_are_stored_and_each_asks_from_where_the_last_one_ended(desk: Desk) -> None:
    vendor = Vendor([([b"a", b"b"], "2"), ([b"c"], "3"), ([], "3")])
    await desk.poll(vendor)
    assert vendor.asked == ["", "2", "3", "3"]
    assert await desk.store.cursor(f"source:{desk.row.id}") == "3"
    assert len(await desk.store.claim_events("test", 10)) == 1  # one conversation: in turn
    assert desk.beats == 4


async def test_two_sources_have_their_own_places(desk: Desk) -> None:
    other = Desk(desk.store, await desk.store.add_source("pigeon", "roof", {}), Metrics(), desk.clock)
    await desk.poll(Vendor([([b"a"], "17")]))
    vendor = Vendor([([b"z"], "5")])
    await other.poll(vendor)
    assert vendor.asked == ["", "5"]


async def test_after_a_restart_the_place_is_still_known(desk: Desk) -> None:
    await desk.poll(Vendor([([b"a"], "17")]))
    vendor = Vendor([])
    await desk.poll(vendor)
    assert vendor.asked == ["17"]


async def test_what_came_twice_is_there_once(desk: Desk) -> None:
    await desk.poll(Vendor([([b"a"], "2"), ([b"a"], "2"), ([b"a"], "2")]))
    assert await desk.stored() == ["a"]


async def test_the_place_moves_only_with_the_last_of_a_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    """The store goes away in the middle of a page: all of it is asked for once more."""
    real = Store.accept
    down = [False, True, False, False]

    async def flaky(self: Store, *args: Any, **options: Any) -> Any:
        if down and down.pop(0):
            raise StoreUnavailable("gone")
        return await real(self, *args, **options)

    monkeypatch.setattr(Store, "accept", flaky)
    vendor = Vendor([([b"a", b"b"], "3"), ([b"a", b"b"], "3")])
    await desk.poll(vendor)
    assert vendor.asked == ["", "", "3"]
    assert len(pauses) == 1
    first, second = await desk.stored(), await desk.stored()
    assert first + second == ["a"]  # b waits behind a
    assert (await desk.store.counts())["customers_in"].ready == 1


async def test_what_cannot_be_read_is_parked_and_the_place_moves_on(desk: Desk) -> None:
    await desk.poll(Vendor([([b"!?", b"a"], "3")]))
    (parked,) = await desk.store.parked()
    assert (parked.raw, parked.reason) == (b"!?", "odd")
    assert await desk.stored() == ["a"]


async def test_what_is_not_for_us_is_counted_and_the_place_moves_on(desk: Desk) -> None:
    vendor = Vendor([([b"-"], "8")])
    await desk.poll(vendor)
    assert vendor.asked == ["", "8"]
    counted = desk.metrics.registry.get_sample_value(
        "frontdesk_ignored_total", {"channel": "pigeon", "why": "not_ours"}
    )
    assert counted == 1
    assert (await desk.store.counts())["customers_in"].ready == 0


# --- outages ------------------------------------------------------------------------------------------------


async def test_an_outage_is_waited_out_by_asking_again_and_again(desk: Desk, pauses: list[float]) -> None:
    """However long it was, its end is noticed within a second."""
    failures: list[Page] = [SendError(SendCode.UNAVAILABLE, "no route") for _ in range(12)]
    await desk.poll(Vendor([*failures, ([b"a"], "2")]))
    assert await desk.stored() == ["a"]
    assert len(pauses) == 12
    assert all(0.5 <= pause <= 1 for pause in pauses)


async def test_a_poll_that_outlives_an_outage_is_begun_anew(desk: Desk, pauses: list[float]) -> None:
    """Its connection is dead: the vendor would let us wait for half a minute."""
    watched: list[int] = []

    async def watch(source_id: int, call: Callable[[], Awaitable[Any]]) -> Any:
        watched.append(source_id)
        if len(watched) == 1:
            raise SendError(SendCode.UNAVAILABLE, "no answer before it was back", retry_after=0.01)
        return await call()

    await desk.poll(Vendor([([b"a"], "2")]), watch)
    assert await desk.stored() == ["a"]
    assert watched == [desk.row.id] * 3
    assert pauses == []


async def test_a_vendor_that_says_how_long_is_believed(desk: Desk, pauses: list[float]) -> None:
    await desk.poll(Vendor([SendError(SendCode.RETRY, "slow down", retry_after=41)]))
    assert pauses == [41]


async def test_a_wrong_token_is_tried_rarely(desk: Desk, pauses: list[float]) -> None:
    wrong = SendError(SendCode.MISCONFIGURED, "Unauthorized")
    await desk.poll(Vendor([wrong, wrong]))
    assert pauses == [inbound.MISCONFIGURED_PAUSE] * 2


async def test_an_outage_is_said_once_with_its_source(
    desk: Desk, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    await desk.poll(Vendor([SendError(SendCode.UNAVAILABLE, "no route") for _ in range(3)]))
    (record,) = [one for one in caplog.records if one.name == "app.inbound"]
    assert record.levelname == "WARNING"
    assert "no route" in record.getMessage()


async def test_our_own_mistake_is_not_swallowed(desk: Desk) -> None:
    """The runner says it and starts the loop again; here nobody may wait for nothing."""
    with pytest.raises(ZeroDivisionError):
        async with aiohttp.ClientSession() as http:
            await poll_source(
                http,
                unwatched,
                cast(Channel, Vendor([ZeroDivisionError()])),
                desk.source,
                desk.store,
                desk.metrics,
                desk.clock,
                asyncio.Event(),
                lambda: None,
            )


# --- stopping -----------------------------------------------------------------------------------------------


async def test_a_stop_ends_a_held_poll_and_the_call_behind_it() -> None:
    stop, ended = asyncio.Event(), asyncio.Event()

    async def held() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(or_stopped(held(), stop))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(10):
        assert await waiting is None
    assert ended.is_set()


async def test_what_is_done_is_given_and_what_failed_fails() -> None:
    async def done() -> int:
        return 5

    async def failed() -> int:
        raise KeyError("x")

    assert await or_stopped(done(), asyncio.Event()) == 5
    with pytest.raises(KeyError):
        await or_stopped(failed(), asyncio.Event())


async def test_who_cancels_the_waiting_cancels_the_work() -> None:
    ended, begun = asyncio.Event(), asyncio.Event()

    async def held() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(or_stopped(held(), asyncio.Event()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()


async def test_a_call_with_nothing_in_it_writes_nothing(desk: Desk) -> None:
    call = Call("POST", {}, {}, b"{}", desk.clock())
    ignored = await accept(desk.store, desk.metrics, desk.source, call, [Ignored("test"), Ignored("test")])
    assert (ignored.ids, ignored.fresh) == ((), 0)
    assert (await desk.store.counts())["customers_in"].ready == 0
    count = desk.metrics.registry.get_sample_value(
        "frontdesk_ignored_total", {"channel": "pigeon", "why": "test"}
    )
    assert count == 2


async def test_a_good_item_and_a_bad_one_of_a_call_are_stored_together(desk: Desk) -> None:
    call = Call("POST", {}, {}, b"{}", desk.clock())
    good = Inbound(Kind.MESSAGE, Sender("1"), "c", "e1", text="good")
    receipt = await accept(desk.store, desk.metrics, desk.source, call, [good, Unreadable(b"bad", "why")])
    assert receipt.fresh == 2
    assert await desk.stored() == ["good"]
    assert [row.raw for row in await desk.store.parked()] == [b"bad"]
