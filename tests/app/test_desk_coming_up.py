"""The managers' desk comes up as soon as Telegram lets it; meanwhile each trouble is said once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_scene import DESK
from databases import SECRET
from pydantic import SecretStr

from app import desk as desk_module
from app.logs import Redactor
from app.post import derived
from app.rules import rules_of
from app.runtime import Runtime
from app.settings import FixedSettings
from app.wiring import build
from leads import people
from leads.changes import Changes
from leads.model import Role
from sandbox import server
from sandbox.faults import Fault
from sandbox.model import Bot
from sandbox.world import World
from scheduler.clock import Clock

VERA, TOMAS, STRANGER = 101, 102, 666
PUBLIC = {"public_url": "https://desk.example.org", "metrics_token": SecretStr("long-random-words")}
Opened = Callable[..., Awaitable[Runtime]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRY_AGAIN", "REFUSED_AGAIN", "LOOK_AGAIN"):
        monkeypatch.setattr(desk_module, name, 0.02, raising=False)


@pytest.fixture
def world() -> World:
    world = World(Clock().now)
    for number, name in ((VERA, "Vera"), (TOMAS, "Tomas"), (STRANGER, "Mallory")):
        world.add_user(number, name)
    return world


@pytest.fixture
def bot(world: World) -> Bot:
    return world.add_bot(DESK, "desk_bot", "Desk", topics=True)


@pytest.fixture
async def opened(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Opened]:
    caplog.set_level(logging.INFO, "app.desk")
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(server.running(world))

        async def started(
            before: Callable[[Runtime], Awaitable[object]] | None = None, **settings: Any
        ) -> Runtime:
            given = {
                "database_url": f"sqlite://{tmp_path}/f.db",
                "secret": SecretStr(SECRET),
                "port": 0,
                "telegram_api": telegram,
                "desk_token": SecretStr(DESK),
                "send_rates": "off",
            }
            made = FixedSettings(**given | settings)
            roles = frozenset({"web", "work", "desk"})
            runtime = await build(made, roles=roles, clock=Clock(), redact=Redactor())
            stack.push_async_callback(runtime.close)
            if before:
                await before(runtime)
            await runtime.start()
            return runtime

        yield started


async def until(holds: Callable[[], Any]) -> Any:
    async with asyncio.timeout(30):
        while not (found := holds()):
            await asyncio.sleep(0.01)
    return found


def said(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if record.name == "app.desk"]
    return [line for line in lines if words in line]


def texts(world: World, bot: Bot, person: int) -> list[str]:
    messages = world.chat(bot, person).messages.values()
    return [one["text"] for one in messages if one["from"]["is_bot"] and "text" in one]


def link_in(lines: list[str]) -> str:
    (line,) = lines
    return line.partition("start=")[2].split()[0]


async def test_the_first_start_prints_a_link_that_makes_its_opener_the_owner_once(
    opened: Opened, world: World, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = await opened()
    await until(lambda: said(caplog, "t.me/desk_bot?start="))
    payload = link_in(said(caplog, "t.me/desk_bot?start="))
    world.user_starts(bot, VERA, payload)
    await until(lambda: texts(world, bot, VERA))
    world.user_starts(bot, STRANGER, payload)
    await until(lambda: texts(world, bot, STRANGER))
    (owner,) = await runtime.store.managers()
    assert (owner.telegram_id, owner.role) == (VERA, Role.OWNER)


async def test_an_owner_of_the_settings_needs_no_link(
    opened: Opened, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = await opened(owner_id=(VERA, TOMAS))
    await until(lambda: bot.updates.waiting)
    owners = await runtime.store.managers()
    assert {one.telegram_id: one.role for one in owners} == {VERA: Role.OWNER, TOMAS: Role.OWNER}
    assert not any(one.on_shift for one in owners), "owners say /on themselves"
    assert said(caplog, "start=") == []


async def test_the_settings_do_not_overrule_who_is_known_already(opened: Opened, bot: Bot) -> None:
    async def before(runtime: Runtime) -> None:
        rules = rules_of(runtime.settings)
        await people.add(runtime.store, VERA, "Vera Finch", runtime.now(), rules, role=Role.OWNER)

    runtime = await opened(before, owner_id=(VERA,))
    await until(lambda: bot.updates.waiting)
    (owner,) = await runtime.store.managers()
    assert owner.name == "Vera Finch"


async def test_a_bot_that_telegram_does_not_know_is_said_once_and_tried_again(
    opened: Opened, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = await opened(owner_id=(VERA,))
    await until(lambda: sum(entry.status == 401 for entry in world.log) >= 4)
    (line,) = said(caplog, "FRONTDESK_DESK_TOKEN")
    assert DESK.partition(":")[2] not in line
    assert await runtime.problems() == {}, "the doors are open all the same"
    bot = world.add_bot(DESK, "desk_bot", "Desk")
    await until(lambda: bot.updates.waiting)
    assert said(caplog, "@desk_bot")


async def test_an_outage_and_a_refusal_are_two_troubles(
    opened: Opened, world: World, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    world.faults.add(Fault("server_error", method="getMe", times=3))
    world.faults.add(Fault("error", method="getMe", code=401, description="Unauthorized", times=3))
    await opened(owner_id=(VERA,))
    await until(lambda: bot.updates.waiting)
    warnings = [one for one in caplog.records if one.name == "app.desk" and one.levelno == logging.WARNING]
    assert len(warnings) == 2


async def test_the_menu_of_commands_is_set_for_everybody_and_in_russian(opened: Opened, bot: Bot) -> None:
    await opened(owner_id=(VERA,))
    await until(lambda: bot.updates.waiting)
    assert set(bot.commands) == {"", "ru"}
    names = [command["command"] for command in bot.commands[""]]
    assert names == [command["command"] for command in bot.commands["ru"]]
    assert {"leads", "remind", "help"} <= set(names)
    assert bot.commands[""] != bot.commands["ru"]


async def test_with_a_public_address_the_desk_registers_its_webhook(opened: Opened, bot: Bot) -> None:
    await opened(owner_id=(VERA,), **PUBLIC)
    await until(lambda: bot.webhook)
    assert bot.webhook is not None
    assert bot.webhook.url == f"https://desk.example.org/desk/{derived(DESK, 'path')}"
    assert bot.webhook.secret_token == derived(DESK, "header")
    assert DESK.partition(":")[2] not in bot.webhook.url
    assert not bot.updates.waiting


async def test_somebody_who_cannot_be_written_to_is_named_at_the_start(
    opened: Opened, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    async def before(runtime: Runtime) -> None:
        manager = await runtime.store.add_manager(TOMAS, "Tomas")
        gone = replace(manager, unreachable_since=runtime.now())
        await runtime.store.commit(Changes(put=(gone,)))

    await opened(before, owner_id=(VERA,))
    await until(lambda: bot.updates.waiting)
    (line,) = said(caplog, "Tomas")
    assert "Start" in line


async def test_topics_switched_on_later_are_used(opened: Opened, world: World, bot: Bot) -> None:
    """An owner may switch them at BotFather at any time."""
    bot.topics = False

    async def before(runtime: Runtime) -> None:
        await runtime.store.add_manager(TOMAS, "Tomas")
        await runtime.store.add_source("web_form", "form", {"min_seconds": 0})

    runtime = await opened(before, owner_id=(VERA,))
    world.user_starts(bot, TOMAS)
    await until(lambda: texts(world, bot, TOMAS))
    for number, topics in enumerate((False, True)):
        bot.topics = topics
        seen = looks(world)
        await until(lambda seen=seen: looks(world) > seen + 1)
        form = {"name": "Dana", "message": f"enquiry {number}", "phone": f"+3706123456{number}"}
        async with runtime.http.post(f"{runtime.url}/in/web_form/form", json=form) as answer:
            assert answer.status == 200
        await until(lambda number=number: any(f"enquiry {number}" in one for one in texts(world, bot, TOMAS)))
        opened_topics = world.chat(bot, TOMAS).topics.values()
        assert ["Dana" in one.name for one in opened_topics] == [True] * number


def looks(world: World) -> int:
    """How often the service asked Telegram about its bot."""
    return sum(entry.method.lower() == "getme" for entry in world.log)


async def test_it_stops_while_it_waits_for_telegram(opened: Opened, world: World) -> None:
    runtime = await opened(owner_id=(VERA,))
    await until(lambda: any(entry.status == 401 for entry in world.log))
    async with asyncio.timeout(10):
        await runtime.close()
    assert runtime.http.closed


async def test_a_service_without_the_desk_role_leaves_the_bot_alone(
    world: World, bot: Bot, tmp_path: Path
) -> None:
    async with server.running(world) as telegram:
        settings = FixedSettings(
            database_url=f"sqlite://{tmp_path}/f.db",
            secret=SecretStr(SECRET),
            port=0,
            telegram_api=telegram,
            desk_token=SecretStr(DESK),
        )
        runtime = await build(settings, roles=frozenset({"web", "work"}), clock=Clock(), redact=Redactor())
        await runtime.start()
        assert not runtime.runner.running("desk")
        await runtime.close()
    assert list(world.log) == []
    assert not bot.updates.waiting


def test_secrets_of_our_own_depend_on_the_token_and_the_use() -> None:
    made = {derived(token, use) for token in (DESK, DESK + "x") for use in ("path", "header")}
    assert len(made) == 4
    assert derived(DESK, "path") == derived(DESK, "path")
    assert all(len(one) == 64 and one.isalnum() for one in made)


async def test_a_menu_that_cannot_be_set_holds_nothing_up(opened: Opened, world: World, bot: Bot) -> None:
    world.faults.add(Fault("error", method="setMyCommands", code=404, description="Not Found"))
    await opened(owner_id=(VERA,))
    await until(lambda: bot.updates.waiting)
    assert not bot.commands
