"""A running service keeps to its sources: it asks or registers each, whatever commands change beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from cli_scene import DESK, SHOP, SHOP_2
from databases import SECRET
from pydantic import SecretStr

from app import runtime as runtime_module
from app import wiring as wiring_module
from app.logs import Redactor
from app.runtime import Runtime
from app.settings import FixedSettings
from app.wiring import build
from sandbox import server
from sandbox.faults import Fault
from sandbox.model import Bot
from sandbox.world import World
from scheduler.clock import Clock, real_now

ANTON = 201
BOT = {"token": SHOP, "secret": "a-webhook-secret-of-tests"}
PUBLIC = {"public_url": "https://desk.example.org", "metrics_token": SecretStr("long-random-words")}
Opened = Callable[..., Awaitable[Runtime]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_module, "SOURCES_EVERY", 0.02)
    monkeypatch.setattr("app.registering.AGAIN", 0.02)


@pytest.fixture
def world() -> World:
    world = World(Clock().now)
    world.add_bot(DESK, "desk_bot", "Desk")
    world.add_bot(SHOP, "shop_bot", "Shop")
    world.add_bot(SHOP_2, "next_bot", "Next shop")
    world.add_user(ANTON, "Anton")
    return world


@pytest.fixture
def shop(world: World) -> Bot:
    return world.bots[SHOP]


@pytest.fixture
async def opened(world: World, tmp_path: Path) -> AsyncIterator[Opened]:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(server.running(world))

        async def started(*roles: str, **settings: Any) -> Runtime:
            given = {
                "database_url": f"sqlite://{tmp_path}/f.db",
                "secret": SecretStr(SECRET),
                "port": 0,
                "telegram_api": telegram,
                "send_rates": "off",
            }
            made = FixedSettings(**given | settings)
            runtime = await build(made, roles=frozenset(roles), clock=Clock(), redact=Redactor())
            stack.push_async_callback(runtime.close)
            await runtime.start()
            return runtime

        yield started


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def stored(runtime: Runtime, count: int) -> None:
    async with asyncio.timeout(20):
        while (await runtime.store.counts())["customers_in"].ready != count:
            await asyncio.sleep(0.01)


def calls(world: World, method: str, bot: str = "shop_bot") -> int:
    return sum(entry.method == method and entry.bot == bot for entry in world.log)


# --- polling ------------------------------------------------------------------------------------------------


async def test_a_bot_added_while_it_runs_is_asked(opened: Opened, world: World, shop: Bot) -> None:
    runtime = await opened("web")
    world.user_starts(shop, ANTON)
    await runtime.store.add_source("telegram", "shop", BOT)
    await stored(runtime, 1)
    assert runtime.runner.names("poll:")


async def test_a_bot_removed_while_it_runs_is_asked_no_more(opened: Opened, world: World, shop: Bot) -> None:
    runtime = await opened("web")
    await runtime.store.add_source("telegram", "shop", BOT)
    await until(lambda: shop.updates.waiting)
    await runtime.store.remove_source("shop")
    await until(lambda: not runtime.runner.names("poll:"))
    await until(lambda: not shop.updates.waiting)
    world.user_starts(shop, ANTON)
    assert len(shop.updates.pending) == 1
    await runtime.store.add_source("telegram", "shop", BOT)
    await stored(runtime, 1)


async def test_a_bot_with_a_new_token_is_asked_with_that_one(opened: Opened, world: World, shop: Bot) -> None:
    runtime = await opened("web")
    await runtime.store.add_source("telegram", "shop", BOT)
    await until(lambda: shop.updates.waiting)
    await runtime.store.rotate("shop", BOT | {"token": SHOP_2}, runtime.now())
    await until(lambda: world.bots[SHOP_2].updates.waiting and not shop.updates.waiting)
    assert len(runtime.runner.names("poll:")) == 1


async def test_who_only_sends_learns_of_a_new_token_too(opened: Opened, world: World) -> None:
    runtime = await opened("work")
    row = await runtime.store.add_source("telegram", "shop", BOT)
    await until(runtime.sources.all)
    await runtime.store.rotate("shop", BOT | {"token": SHOP_2}, runtime.now())
    await until(lambda: [one.settings.token.get_secret_value() for one in runtime.sources.all()] == [SHOP_2])
    assert runtime.sources.channel_of(row.id) == "telegram"
    assert not runtime.runner.names("poll:")


async def test_an_unchanged_bot_is_left_to_its_poll(opened: Opened, world: World, shop: Bot) -> None:
    runtime = await opened("web")
    await runtime.store.add_source("telegram", "shop", BOT)
    await until(lambda: shop.updates.waiting)
    await runtime.store.add_source("telegram", "next", BOT | {"token": SHOP_2})
    await until(lambda: world.bots[SHOP_2].updates.waiting)
    assert shop.updates.waiting
    assert calls(world, "getUpdates") == 0, "an answered poll would stand in the log"
    assert len(runtime.runner.names("poll:")) == 2


async def test_a_form_has_nothing_to_be_asked(opened: Opened) -> None:
    runtime = await opened("web")
    await runtime.store.add_source("web_form", "form", {})
    await until(runtime.sources.all)
    assert runtime.runner.names("poll:") == []


@pytest.mark.parametrize("roles", [("work",), ("clock",), ("work", "clock")])
async def test_without_the_web_role_nobody_is_asked_and_no_port_is_bound(
    opened: Opened, shop: Bot, roles: tuple[str, ...]
) -> None:
    runtime = await opened(*roles)
    await runtime.store.add_source("telegram", "shop", BOT)
    assert runtime.url == ""
    assert not runtime.runner.running("sources")
    assert not shop.updates.waiting


async def test_sources_that_cannot_be_read_for_a_while_are_said_and_read_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = await opened("web")
    real = runtime.sources.refresh
    failures = [RuntimeError("torn page"), RuntimeError("torn page")]

    async def torn() -> None:
        if failures:
            raise failures.pop()
        await real()

    monkeypatch.setattr(type(runtime.sources), "refresh", lambda _: torn())
    await runtime.store.add_source("web_form", "form", {})
    await until(runtime.sources.all)
    assert "sources could not be read" in caplog.text


# --- webhooks -----------------------------------------------------------------------------------------------


async def test_with_a_public_address_the_bot_is_told_it_once(opened: Opened, world: World, shop: Bot) -> None:
    runtime = await opened("web", **PUBLIC)
    await runtime.store.add_source("telegram", "shop", BOT)
    await until(lambda: shop.webhook)
    assert shop.webhook is not None
    assert shop.webhook.url == "https://desk.example.org/in/telegram/shop"
    assert shop.webhook.secret_token == BOT["secret"]
    await runtime.store.add_source("telegram", "next", BOT | {"token": SHOP_2})
    await until(lambda: world.bots[SHOP_2].webhook)
    assert calls(world, "setWebhook") == 1
    assert runtime.runner.names("poll:") == []


async def test_a_rotated_secret_is_told_to_the_vendor(opened: Opened, shop: Bot) -> None:
    runtime = await opened("web", **PUBLIC)
    await runtime.store.add_source("telegram", "shop", BOT)
    await until(lambda: shop.webhook)
    fresh = "another-webhook-secret-of-tests"
    await runtime.store.rotate("shop", BOT | {"secret": fresh}, runtime.now())
    await until(lambda: shop.webhook and shop.webhook.secret_token == fresh)
    assert shop.webhook


async def test_a_vendor_that_does_not_listen_is_told_again(
    opened: Opened, world: World, shop: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    world.faults.add(Fault("server_error", times=2, method="setWebhook"))
    runtime = await opened("web", **PUBLIC)
    await runtime.store.add_source("telegram", "shop", BOT)
    await until(lambda: shop.webhook)
    assert calls(world, "setWebhook") == 3
    said = [record.getMessage() for record in caplog.records if "webhook" in record.getMessage()]
    assert len(said) == 2
    assert all("telegram" in line or "shop" in line for line in said)
    assert not any(SHOP in line for line in said)


async def test_a_vendor_that_refuses_is_not_asked_all_the_time_and_the_source_is_said_to_stand_still(
    opened: Opened, world: World, shop: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.registering.AGAIN", 3600.0)
    runtime = await opened("web", **PUBLIC)
    wrong = BOT | {"token": SHOP[:-4] + "9999"}
    await runtime.store.add_source("telegram", "shop", wrong)
    looks = runtime.sources.refresh
    seen = 0

    async def counted() -> None:
        nonlocal seen
        seen += 1
        await looks()

    monkeypatch.setattr(runtime.sources, "refresh", counted)
    await until(lambda: any(runtime.sources.trouble(one.id) for one in runtime.sources.all()))
    asked, begin = len(world.log), seen
    await until(lambda: seen > begin + 3)
    assert len(world.log) == asked
    await runtime.store.rotate("shop", BOT, real_now())
    await until(lambda: shop.webhook)
    await until(lambda: not any(runtime.sources.trouble(one.id) for one in runtime.sources.all()))


# --- readiness and the end ----------------------------------------------------------------------------------


async def test_it_is_ready_with_all_its_loops_and_says_which_one_hangs(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = await opened("web", "work", "clock")
    assert await runtime.problems() == {}
    monkeypatch.setattr("scheduler.runner.STALE_AFTER", -1.0)
    found = await runtime.problems()
    assert {"sources", "customers_in", "customers_out"} <= found.keys()
    assert "store" not in found


async def test_what_was_opened_is_closed_last_in_first_out(opened: Opened) -> None:
    runtime = await opened("web")
    closed: list[tuple[str, bool]] = []

    def closer(name: str) -> Callable[[], Awaitable[None]]:
        async def close() -> None:
            closed.append((name, runtime.http.closed))

        return close

    runtime.on_close(closer("first"))
    runtime.on_close(closer("second"))
    await runtime.close()
    assert closed == [("second", False), ("first", False)], "closers may still say goodbye"
    assert runtime.http.closed
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection("127.0.0.1", int(runtime.url.rpartition(":")[2]))


async def test_what_was_held_when_the_last_one_died_is_free_at_the_next_start(
    opened: Opened, tmp_path: Path
) -> None:
    first = await opened("web")
    await first.store.accept_updates("1", [{"update_id": 1}], None)
    assert len(await first.store.claim_updates("the dead", 5)) == 1
    await first.close()
    second = await opened("web")
    assert len(await second.store.claim_updates("the living", 5)) == 1


# --- keeping house ------------------------------------------------------------------------------------------


async def test_leads_of_before_are_made_findable(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring_module, "WORDS_EVERY", 0.01)
    runtime = await opened("clock")
    for number in (1, 2):  # it is looked after for as long as it runs
        await runtime.store._db.rows(
            "INSERT INTO meta (name, value) VALUES ('wordless', $1)", str(number * 999)
        )
        async with asyncio.timeout(20):
            while await runtime.store._db.rows("SELECT name FROM meta WHERE name = 'wordless'"):
                await asyncio.sleep(0.01)
    assert not await runtime.store.give_words()
