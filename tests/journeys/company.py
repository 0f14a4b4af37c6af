"""A whole company in one process: the service, the sandbox, customers, managers. Everything over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from databases import SECRET
from pydantic import SecretStr

from app.logs import Redactor
from app.rules import rules_of
from app.runtime import Runtime
from app.settings import FixedSettings
from app.sources import plain
from app.wiring import ROLES, build
from channels.kit.discover import channels
from leads import people
from leads.model import Role
from sandbox import server
from sandbox.chat import Chat
from sandbox.model import Bot, Json
from sandbox.world import World
from scheduler.clock import Clock

DESK_TOKEN = "100200300:desk-token-for-tests-only-000000"
SHOP_TOKEN = "100200301:shop-token-for-tests-only-000000"
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWNER, TOMAS, IRINA = 101, 102, 103
ANTON, JONAS = 201, 202
PATIENCE = 20.0


@dataclass
class Company:
    """What a journey needs: people act through `world`, forms are posted with `http`."""

    world: World
    desk: Bot
    shop: Bot
    clock: Clock
    runtime: Runtime
    http: aiohttp.ClientSession
    sandbox_url: str
    settings: FixedSettings

    @property
    def form_url(self) -> str:
        return f"{self.runtime.url}/in/web_form/form"

    async def post_form(self, **fields: Any) -> tuple[int, Json]:
        async with self.http.post(self.form_url, json=fields) as answer:
            return answer.status, await answer.json()

    def chat(self, person: int, bot: Bot | None = None) -> Chat:
        return self.world.chat(bot or self.desk, person)

    def at_desk(self, manager: int) -> list[Json]:
        return list(self.chat(manager).messages.values())

    def texts_at_desk(self, manager: int) -> list[str]:
        """What the bot wrote to this manager, oldest first."""
        return [said(one) for one in self.at_desk(manager) if one["from"]["is_bot"] and said(one)]

    def read_by(self, customer: int) -> list[str]:
        """What the customer got."""
        messages = self.chat(customer, self.shop).messages.values()
        return [said(one) for one in messages if one["from"]["is_bot"]]

    def topics(self, manager: int) -> list[Any]:
        """The living topics that the bot opened for leads."""
        return [one for one in self.chat(manager).topics.values() if one.name.startswith(NUMBERED)]

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until it holds; what it returned."""
        changed = asyncio.Event()
        self.world.listeners.append(changed.set)
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := holds()):
                    changed.clear()
                    await changed.wait()
                return found
        finally:
            self.world.listeners.remove(changed.set)

    async def sees(self, manager: int, words: str) -> Json:
        """The message at this manager's desk that holds the words."""
        found: Json = await self.until(
            lambda: next((m for m in self.at_desk(manager) if m["from"]["is_bot"] and words in said(m)), None)
        )
        return found

    async def reads(self, customer: int, words: str) -> None:
        await self.until(lambda: any(words in text for text in self.read_by(customer)))

    async def settled(self) -> None:
        """Wait until no row is ready or leased any more."""
        async with asyncio.timeout(PATIENCE):
            while any(depth.ready or depth.leased for depth in (await self.runtime.store.counts()).values()):
                await asyncio.sleep(0.01)

    def later(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def press(self, manager: int, message: Json, words: str) -> None:
        """Press the button of that message whose words begin so."""
        current = self.chat(manager).messages[message["message_id"]]
        self.world.user_presses(self.desk, manager, current["message_id"], button(current, words))


NUMBERED = ("🆕", "🟢", "🟡", "#", "⏳", "💬")


def said(message: Json) -> str:
    return str(message.get("text") or message.get("caption") or "")


def button(message: Json, words: str) -> str:
    """The data of the button that begins so."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    for row in rows:
        for one in row:
            if words in one["text"]:
                return str(one["callback_data"])
    raise LookupError(f"no button {words!r} in {[one['text'] for row in rows for one in row]}")


@asynccontextmanager
async def opened(
    database_url: str,
    state: Path,
    *,
    topics: bool = True,
    managers: tuple[int, ...] = (TOMAS, IRINA),
    started: bool = True,
    clock: Clock | None = None,
    world: World | None = None,
    **settings: Any,
) -> AsyncIterator[Company]:
    """Start everything; with a `world` given, people and bots are as they were left."""
    clock = clock or Clock(MORNING)
    fresh = world is None
    world = world or make_world(clock, topics=topics)
    telegram = await server.start(world)
    given = {
        "database_url": database_url,
        "secret": SecretStr(SECRET),
        "desk_token": SecretStr(DESK_TOKEN),
        "owner_id": (OWNER,),
        "telegram_api": telegram.url,
        "port": 0,
        "send_rates": "off",
        "intake_rates": "off",
        "state": state,
    }
    fixed = FixedSettings(**given | settings)
    runtime = await build(fixed, roles=ROLES, clock=clock, redact=Redactor())
    if fresh:
        await furnish(runtime, clock, managers)
    async with aiohttp.ClientSession() as http:
        await runtime.start()
        desk, shop = world.bots[DESK_TOKEN], world.bots[SHOP_TOKEN]
        company = Company(world, desk, shop, clock, runtime, http, telegram.url, fixed)
        try:
            if fresh and started:
                await start_everybody(company, (OWNER, *managers))
            yield company
        finally:
            await runtime.close()
            await telegram.close()


def make_world(clock: Clock, *, topics: bool) -> World:
    world = World(clock.now)
    world.add_bot(DESK_TOKEN, "desk_bot", "Desk", topics=topics)
    world.add_bot(SHOP_TOKEN, "shop_bot", "Shop")
    for number, name, language in (
        (OWNER, "Vera", "en"),
        (TOMAS, "Tomas", "en"),
        (IRINA, "Ирина", "ru"),
        (ANTON, "Антон", "ru"),
        (JONAS, "Jonas", "en"),
    ):
        world.add_user(number, name, language_code=language)
    return world


async def furnish(runtime: Runtime, clock: Clock, managers: tuple[int, ...]) -> None:
    rules = rules_of(runtime.settings)
    for channel, key, given in (
        ("web_form", "form", {"min_seconds": "0"}),
        ("telegram", "shop", {"token": SHOP_TOKEN}),
    ):
        await runtime.store.add_source(
            channel, key, plain(channels()[channel].settings.model_validate(given))
        )
    await people.add(runtime.store, OWNER, "Vera", clock.now(), rules, role=Role.OWNER)
    for number, name in ((TOMAS, "Tomas"), (IRINA, "Ирина")):
        if number in managers:
            await people.add(runtime.store, number, name, clock.now(), rules)


async def start_everybody(company: Company, everybody: tuple[int, ...]) -> None:
    for number in everybody:
        company.world.user_starts(company.desk, number)
    for number in everybody:
        await company.until(lambda number=number: company.texts_at_desk(number))  # type: ignore[misc]
