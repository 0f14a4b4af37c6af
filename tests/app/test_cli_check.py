"""`frontdesk check` against the stand-in: what is said of tokens, people and sources, and the exit code."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cli_scene import DESK, SHOP, Command
from click.testing import Result

from sandbox import server
from sandbox.world import World
from scheduler.clock import Clock

Check = Callable[..., Awaitable[Result]]


@pytest.fixture
async def telegram() -> AsyncIterator[str]:
    """Telegram with the managers' bot and one for customers."""
    world = World(Clock().now)
    world.add_bot(DESK, "desk_bot", "Desk", topics=True)
    world.add_bot(SHOP, "shop_bot", "Shop")
    async with server.running(world) as url:
        yield url


@asynccontextmanager
async def answering(value: object) -> AsyncIterator[str]:
    """A vendor who says the same to everything."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(value)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app) as vendor:
        yield str(vendor.make_url("")).rstrip("/")


@pytest.fixture
def check(frontdesk: Command, telegram: str) -> Check:
    """The command in a thread of its own, since Telegram is served by this one; no secret in its words."""

    async def run(*words: str, **settings: str) -> Result:
        given = {"telegram_api": telegram, "desk_token": DESK} | settings
        done = await asyncio.to_thread(frontdesk, *(words or ("check",)), **given)
        for secret in (DESK, SHOP, DESK.partition(":")[2], SHOP.partition(":")[2]):
            assert secret not in done.output
        return done

    return run


async def test_with_all_in_place_it_is_fit_to_run(check: Check) -> None:
    await check("source", "add", "telegram", "--key", "shop", "--set", f"token={SHOP}")
    await check("manager", "add", "102", "--name", "Tomas")
    done = await check(owner_id="101")
    assert done.exit_code == 0
    assert "✗" not in done.stdout
    for words in ("@desk_bot", "shop_bot", "One person works the desk, 1 on shift", "Fit to run"):
        assert words in done.stdout


async def test_a_wrong_token_is_not_fit(check: Check) -> None:
    done = await check(owner_id="101", desk_token="100200309:mistyped-token-for-tests-000")
    assert done.exit_code == 1
    assert "✗ Telegram refuses FRONTDESK_DESK_TOKEN" in done.stdout
    assert "mistyped" not in done.output


async def test_without_telegram_it_is_not_fit(check: Check) -> None:
    done = await check(owner_id="101", telegram_api="http://127.0.0.1:9")
    assert done.exit_code == 1
    assert "✗ Telegram's Bot API cannot be reached" in done.stdout


async def test_nothing_set_names_everything(frontdesk: Command) -> None:
    done = await asyncio.to_thread(frontdesk, "check")
    assert done.exit_code == 1
    for words in ("✗ FRONTDESK_DESK_TOKEN", "✗ Nobody owns the desk", "– No source is open"):
        assert words in done.stdout


async def test_an_owner_among_the_managers_is_enough(check: Check) -> None:
    assert "Nobody owns" in (await check()).stdout
    await check("manager", "add", "101", "--name", "Vera", "--role", "owner")
    done = await check()
    assert done.exit_code == 0
    assert "Nobody owns" not in done.stdout


async def test_a_manager_who_cannot_be_written_to_is_named(check: Check, tmp_path: Path) -> None:
    await check("manager", "add", "102", "--name", "Tomas")
    with closing(sqlite3.connect(tmp_path / "var" / "frontdesk.db")) as database, database:
        database.execute("UPDATE manager SET unreachable_since = 1772442000000000")
    done = await check(owner_id="101")
    assert done.exit_code == 1
    assert "✗ Tomas cannot be written to" in done.stdout
    assert "and press Start" in done.stdout


async def test_a_customers_bot_that_is_refused_is_named(check: Check) -> None:
    gone = "100200399:revoked-token-for-tests-only-00"
    await check("source", "add", "telegram", "--key", "gone", "--set", f"token={gone}")
    done = await check(owner_id="101")
    assert done.exit_code == 1
    assert "✗ Source gone (telegram) does not answer" in done.stdout
    assert gone not in done.output


async def test_an_unsigned_form_is_noted_and_its_long_key_is_cut(check: Check) -> None:
    await check("source", "add", "web_form", "--key", "form")
    await check("source", "add", "web_form", "--key", "Zk3xYb9QpLmN7wVt-aaaa")
    done = await check(owner_id="101")
    assert done.exit_code == 0
    assert "– Source form (web_form) is not signed" in done.stdout
    assert "Source Zk3xYb…" in done.stdout
    assert "Zk3xYb9QpLmN7wVt" not in done.stdout


async def test_where_the_vendor_pushes_elsewhere_it_says_so_and_mends_it(check: Check) -> None:
    await check("source", "add", "telegram", "--key", "shop", "--set", f"token={SHOP}")
    out = {"owner_id": "101", "public_url": "https://desk.example", "metrics_token": "m" * 24}
    lost = await check(**out)
    assert lost.exit_code == 1
    assert "✗ Source shop (telegram): the vendor does not push here (no webhook is set)" in lost.stdout
    assert "https://desk.example/in/telegram/shop" in lost.stdout
    mended = await check("check", "--repair", **out)
    assert mended.exit_code == 0
    assert "✓ Source shop (telegram): the vendor was told to push here" in mended.stdout
    again = await check(**out)
    assert again.exit_code == 0
    assert "✓ Source shop (telegram): the vendor pushes here" in again.stdout


async def test_what_only_pushes_needs_an_address(check: Check) -> None:
    settings = f"channel_secret={'c' * 32}", f"access_token={'a' * 32}"
    await check(
        "source", "add", "line", "--key", "line", *(word for one in settings for word in ("--set", one))
    )
    away = await check(owner_id="101", line_api="http://127.0.0.1:9")
    assert "✗ Source line (line) does not answer" in away.stdout
    assert "webhook only" not in away.stdout
    bot = {"userId": "U" + "1" * 32, "basicId": "@shop", "displayName": "Shop", "chatMode": "bot"}
    async with answering(bot) as url:
        done = await check(owner_id="101", line_api=url)
    assert "✗ Source line (line) gets its news by webhook only: set FRONTDESK_PUBLIC_URL" in done.stdout


async def test_a_source_that_stands_still_is_told_of(check: Check, tmp_path: Path) -> None:
    await check("source", "add", "telegram", "--key", "shop", "--set", f"token={SHOP}")
    assert "stands still" not in (await check(owner_id="101")).stdout
    with closing(sqlite3.connect(tmp_path / "var" / "frontdesk.db")) as database, database:
        database.execute("UPDATE source SET trouble = 'Unauthorized'")
    done = await check(owner_id="101")
    assert "– Source shop (telegram) stands still: the vendor refused us (Unauthorized)" in done.stdout
