"""A whole company in one process: the service, the sandbox, customers, managers. All of it over real HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from databases import SECRET
from journeys import promises
from pydantic import SecretStr

from app.demo import free_port
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
SECOND_TOKEN = "100200302:second-token-for-tests-only-00"
METRICS_TOKEN = "metrics-token-for-tests-only"
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWNER, TOMAS, IRINA = 101, 102, 103
ANTON, JONAS = 201, 202
PATIENCE = 60.0
Source = tuple[str, str, dict[str, str]]
"""channel, key, settings"""
SECOND_SHOP: Source = ("telegram", "second", {"token": SECOND_TOKEN})


@dataclass
class Company:
    """What a journey needs: people act through `world`, forms are posted with `http`."""

    world: World
    desk: Bot
    shop: Bot
    second: Bot
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

    def got(self, customer: int, bot: Bot | None = None) -> list[Json]:
        """The messages that the customer got."""
        messages = self.chat(customer, bot or self.shop).messages.values()
        return [one for one in messages if one["from"]["is_bot"]]

    def read_by(self, customer: int) -> list[str]:
        """What the customer got, in words."""
        return [said(one) for one in self.got(customer)]

    def topics(self, manager: int) -> list[Any]:
        """The living topics that the bot opened for leads."""
        topics = self.chat(manager).topics.values()
        return [one for one in topics if "#" in one.name and not one.deleted]

    def cards(self, manager: int) -> list[str]:
        """The cards that stand at this manager's desk, oldest first."""
        return [text for text in self.texts_at_desk(manager) if CARD.match(text)]

    def writes(
        self, customer: int, text: str | None = None, *, bot: Bot | None = None, **content: Any
    ) -> Json:
        """A customer writes to the shop."""
        return self.world.user_sends(bot or self.shop, customer, text=text, **content)

    def says(self, manager: int, text: str | None = None, *, at: Json | None = None, **content: Any) -> Json:
        """A manager writes where that message stands: in its topic, else in reply to it."""
        topic = at.get("message_thread_id") if at else None
        place = {"thread_id": topic} if topic else {"reply_to": at["message_id"]} if at else {}
        return self.world.user_sends(self.desk, manager, text=text, **(place | content))

    def mark(self, manager: int, message: Json) -> str:
        """The reaction that the bot has put on a manager's message."""
        given = self.chat(manager).reactions.get(message["message_id"], {}).get(self.desk.id)
        return str(given[0]["emoji"]) if given else ""

    async def marked(self, manager: int, message: Json, emoji: str) -> None:
        await self.until(lambda: self.mark(manager, message) == emoji)

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
        """The first message of the bot at this manager's desk that holds the words."""
        return await self.sees_one(manager, lambda one: words in said(one))

    async def sees_one(self, manager: int, fits: Callable[[Json], Any]) -> Json:
        """The first message of the bot at this manager's desk that fits."""
        found: Json = await self.until(
            lambda: next((one for one in self.at_desk(manager) if one["from"]["is_bot"] and fits(one)), None)
        )
        return found

    async def sees_kind(self, manager: int, kind: str) -> Json:
        """The first message of the bot at this manager's desk that carries a photo, a contact, …"""
        return await self.sees_one(manager, lambda one: kind in one)

    def now(self, manager: int, message: Json) -> Json:
        """The message as it looks by now."""
        return self.chat(manager).messages[message["message_id"]]

    async def turns(self, manager: int, message: Json, words: str) -> None:
        """Wait until the message was edited so that it holds the words."""
        await self.until(lambda: words in said(self.now(manager, message)))

    async def reads(self, customer: int, words: str) -> None:
        await self.until(lambda: any(words in text for text in self.read_by(customer)))

    async def settled(self, within: float = PATIENCE) -> None:
        """Wait until every update was taken and no row is ready or leased any more."""
        async with asyncio.timeout(within):
            while any(bot.updates.pending for bot in self.world.bots.values()) or await self._busy():
                await asyncio.sleep(0.03)

    async def _busy(self) -> bool:
        depths = (await self.runtime.store.counts()).values()
        return any(depth.ready or depth.leased for depth in depths)

    async def parked(self) -> int:
        """How many rows of all queues were given up."""
        return sum(depth.dead for depth in (await self.runtime.store.counts()).values())

    async def open_leads(self) -> list[int]:
        return sorted(line.lead.id for line in await self.runtime.store.open_leads(None, 500))

    def later(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def press(self, manager: int, message: Json, words: str) -> str:
        """Press the button of that message that has these words; the press's number."""
        current = self.now(manager, message)
        return self.world.user_presses(self.desk, manager, current["message_id"], button(current, words))

    async def toast(self, press: str) -> str:
        """What a press was answered with."""
        answer = await self.until(lambda: self.world.callbacks[press].answer)
        return str(answer["text"])


CARD = re.compile("(🆕|⏳|💬|🏆|🌧|🗑) #")


def said(message: Json) -> str:
    return str(message.get("text") or message.get("caption") or "")


def button(message: Json, words: str) -> str:
    """The data of the button that has these words."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    for row in rows:
        for one in row:
            if words in one["text"]:
                return str(one["callback_data"])
    raise LookupError(f"no button {words!r} in {[one['text'] for row in rows for one in row]}")


@asynccontextmanager
async def opened(
    database_url: str,
    *,
    topics: bool = True,
    managers: tuple[int, ...] = (TOMAS, IRINA),
    owner: bool = True,
    more: tuple[Source, ...] = (),
    started: bool = True,
    clock: Clock | None = None,
    world: World | None = None,
    fresh: bool | None = None,
    webhooks: bool = False,
    **settings: Any,
) -> AsyncIterator[Company]:
    """Start everything; with a `world` given, people, bots and the database are as they were left.

    `fresh`: the database is empty although there is a world. `more` opens further sources. With `webhooks`,
    Telegram posts to us instead of being polled.
    """
    clock = clock or Clock(MORNING)
    fresh = world is None if fresh is None else fresh
    world = world or make_world(clock, topics=topics)
    telegram = await server.start(world)
    port = free_port(0) if webhooks else 0
    given: dict[str, Any] = {
        "database_url": database_url,
        "secret": SecretStr(SECRET),
        "desk_token": SecretStr(DESK_TOKEN),
        "owner_id": (OWNER,) if owner else (),
        "telegram_api": telegram.url,
        "port": port,
        "send_rates": "off",
        "intake_rates": "off",
    }
    if webhooks:
        given |= {"public_url": f"http://127.0.0.1:{port}", "metrics_token": SecretStr(METRICS_TOKEN)}
    fixed = FixedSettings(**given | settings)
    runtime = await build(fixed, roles=ROLES, clock=clock, redact=Redactor())
    if fresh:
        await furnish(runtime, clock, managers, owner=owner, more=more)
    async with aiohttp.ClientSession() as http:
        await runtime.start()
        desk, shop, second = (world.bots[token] for token in (DESK_TOKEN, SHOP_TOKEN, SECOND_TOKEN))
        company = Company(world, desk, shop, second, clock, runtime, http, telegram.url, fixed)
        try:
            if fresh and started:
                await start_everybody(company, (*([OWNER] if owner else ()), *managers))
            yield company
        finally:
            await runtime.close()
            await telegram.close()
    await promises.kept(database_url, clock)


def make_world(clock: Clock, *, topics: bool) -> World:
    world = World(clock.now)
    world.add_bot(DESK_TOKEN, "desk_bot", "Desk", topics=topics)
    world.add_bot(SHOP_TOKEN, "shop_bot", "Shop")
    world.add_bot(SECOND_TOKEN, "second_shop_bot", "Second shop")
    for number, name, language in (
        (OWNER, "Vera", "en"),
        (TOMAS, "Tomas", "en"),
        (IRINA, "Ирина", "ru"),
        (ANTON, "Антон", "ru"),
        (JONAS, "Jonas", "en"),
    ):
        world.add_user(number, name, language_code=language)
    return world


async def furnish(
    runtime: Runtime, clock: Clock, managers: tuple[int, ...], *, owner: bool, more: tuple[Source, ...]
) -> None:
    rules = rules_of(runtime.settings)
    for channel, key, given in (
        ("web_form", "form", {"min_seconds": "0"}),
        ("telegram", "shop", {"token": SHOP_TOKEN}),
        *more,
    ):
        await runtime.store.add_source(
            channel, key, plain(channels()[channel].settings.model_validate(given))
        )
    if owner:
        await people.add(runtime.store, OWNER, "Vera", clock.now(), rules, role=Role.OWNER)
    for number, name in ((TOMAS, "Tomas"), (IRINA, "Ирина")):
        if number in managers:
            await people.add(runtime.store, number, name, clock.now(), rules)


async def start_everybody(company: Company, everybody: tuple[int, ...]) -> None:
    for number in everybody:
        company.world.user_starts(company.desk, number)
    for number in everybody:
        await company.until(lambda number=number: company.texts_at_desk(number))  # type: ignore[misc]
