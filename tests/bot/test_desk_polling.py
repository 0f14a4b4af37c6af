"""Long polling of the managers' bot: stored first, confirmed after, whatever the other side does."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.polling import KINDS, poll
from leads.errors import StoreUnavailable
from sandbox.faults import Fault
from sandbox.model import Bot, Webhook
from sandbox.server import running
from sandbox.world import World

TOKEN = "100:desk-token"
ANN = 501


class Taken:
    """What was accepted; `fail` are errors for the next calls."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[Mapping[str, Any]], str | None]] = []
        self.fail: list[Exception] = []
        self.refused = 0
        self.changed = asyncio.Condition()

    async def accept(self, updates: Sequence[Mapping[str, Any]], cursor: str | None) -> None:
        async with self.changed:
            self.changed.notify_all()
            if self.fail:
                self.refused += 1
                raise self.fail.pop(0)
            self.batches.append((list(updates), cursor))

    async def cursor(self) -> str:
        return (self.batches and self.batches[-1][1]) or ""

    @property
    def numbers(self) -> list[int]:
        return [update["update_id"] for updates, _ in self.batches for update in updates]

    async def until(self, look: Callable[[], Any]) -> None:
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(look)


@pytest.fixture
def world() -> World:
    world = World(lambda: datetime.now(UTC))
    world.add_user(ANN, "Ann")
    return world


@pytest.fixture
def bot(world: World) -> Bot:
    return world.add_bot(TOKEN, "desk_bot", "Desk")


@pytest.fixture
def taken() -> Taken:
    return Taken()


@asynccontextmanager
async def polling(url: str, taken: Taken, token: str = TOKEN) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with ClientSession() as http:
        task = asyncio.create_task(poll(http, url, token, taken.cursor, taken.accept, stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(5):
                await task


async def test_batches_are_stored_with_the_cursor_after_them(world: World, bot: Bot, taken: Taken) -> None:
    world.user_sends(bot, ANN, text="one")
    world.user_sends(bot, ANN, text="two")
    async with running(world) as url, polling(url, taken):
        await taken.until(lambda: len(taken.numbers) == 2)
        world.user_sends(bot, ANN, text="three")
        await taken.until(lambda: len(taken.numbers) == 3)
    assert taken.numbers == [1, 2, 3]
    assert [cursor for _, cursor in taken.batches] == ["3", "4"]
    assert bot.updates.allowed == set(KINDS)


async def test_nothing_is_confirmed_before_it_is_stored(world: World, bot: Bot, taken: Taken) -> None:
    taken.fail = [StoreUnavailable("no disk"), RuntimeError("a bug")]
    world.user_sends(bot, ANN, text="keep me")
    async with running(world) as url, polling(url, taken):
        await taken.until(lambda: taken.refused == 1)
        assert len(bot.updates.pending) == 1
        await taken.until(lambda: taken.numbers)
    assert taken.numbers == [1]


async def test_it_goes_on_at_the_stored_cursor(world: World, bot: Bot, taken: Taken) -> None:
    for text in "abc":
        world.user_sends(bot, ANN, text=text)
    taken.batches = [([], "3")]
    async with running(world) as url, polling(url, taken):
        await taken.until(lambda: taken.numbers)
    assert taken.numbers == [3]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("server_error", times=2),
        Fault("too_many", times=1, retry_after=1),
        Fault("drop_after_effect", times=1),
        Fault("error", times=1, code=409, description="Conflict: terminated by other getUpdates request"),
    ],
    ids=lambda fault: fault.kind,
)
async def test_trouble_is_waited_out_and_told_in_words(
    world: World, bot: Bot, taken: Taken, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    world.faults.add(fault)
    world.user_sends(bot, ANN, text="still here")
    async with running(world) as url, polling(url, taken):
        await taken.until(lambda: taken.numbers)
    assert taken.numbers == [1]
    warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith("the desk cannot poll: ")
    assert "desk-token" not in caplog.text


async def test_a_webhook_in_the_way_is_removed(world: World, bot: Bot, taken: Taken) -> None:
    bot.webhook = Webhook("http://127.0.0.1:1/gone", "s3cret", 40)
    world.user_sends(bot, ANN, text="waiting at Telegram")
    async with running(world) as url, polling(url, taken):
        await taken.until(lambda: taken.numbers)
    assert bot.webhook is None
    assert taken.numbers == [1]


async def test_a_wrong_token_is_named_without_being_shown(
    world: World, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    logged = asyncio.Event()
    caplog.handler.addFilter(lambda record: logged.set() or True)
    async with running(world) as url, polling(url, taken, "7:nobodys"), asyncio.timeout(20):
        await logged.wait()
    assert "FRONTDESK_DESK_TOKEN" in caplog.text
    assert "nobodys" not in caplog.text


async def test_nobody_listens_there(taken: Taken, caplog: pytest.LogCaptureFixture) -> None:
    logged = asyncio.Event()
    caplog.handler.addFilter(lambda record: logged.set() or True)
    async with polling("http://127.0.0.1:9", taken), asyncio.timeout(20):
        await logged.wait()
    assert "cannot be reached" in caplog.text
    assert "desk-token" not in caplog.text


STRANGE = [
    b"<html>502 Bad Gateway</html>",
    b"[" * 100_000,
    b'{"ok": true, "result": {"update_id": 1}}',
    b'{"ok": true}',
]


@pytest.mark.parametrize("body", STRANGE, ids=lambda body: body[:20].decode())
async def test_strange_answers_and_strange_updates_block_nothing(taken: Taken, body: bytes) -> None:
    updates = ["text", {"no": "number"}, {"update_id": 7, "message": 17}, {"update_id": 8, "unheard_of": {}}]
    good = json.dumps({"ok": True, "result": updates}).encode()
    answers = [body, good, b'{"ok": true, "result": []}']
    offsets: list[int] = []
    waiting = asyncio.Event()

    async def serve(request: web.Request) -> web.Response:
        async with taken.changed:
            offsets.append((await request.json())["offset"])
            taken.changed.notify_all()
        if answers:
            return web.Response(body=answers.pop(0))
        await waiting.wait()
        return web.Response(body=b'{"ok": true, "result": []}')

    app = web.Application()
    app.router.add_post("/bot{token}/getUpdates", serve)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with polling(f"http://127.0.0.1:{runner.addresses[0][1]}", taken):
        await taken.until(lambda: len(offsets) == 4)
    waiting.set()
    await runner.cleanup()
    assert taken.numbers == [7, 8]
    assert taken.batches[0][1] == "9"
    assert offsets == [0, 0, 9, 0]  # with all confirmed, no old number stands in the way of lower ones
