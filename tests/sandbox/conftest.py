"""A world with one bot and two people, served over loopback, and aiogram pointed at it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiogram import Bot as Client
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import ClientSession
from sandbox_cast import ANN, BOB, TOKEN, Call, Clock, Until

from sandbox.model import Bot
from sandbox.server import running
from sandbox.world import World


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    world = World(clock)
    world.add_user(ANN, "Ann", "Lee", "ann", "en")
    world.add_user(BOB, "Боб", language_code="ru")
    return world


@pytest.fixture
def bot(world: World) -> Bot:
    return world.add_bot(TOKEN, "desk_bot", "Desk", topics=True)


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    async with running(world) as url:
        yield url


@pytest.fixture
async def tg(url: str, bot: Bot) -> AsyncIterator[Client]:
    """The bot as its own program sees it."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(url))
    yield Client(TOKEN, session=session)
    # aiogram's own close waits a quarter of a second for TLS that is not there
    await (await session.create_session()).close()


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
def call(http: ClientSession, url: str, bot: Bot) -> Call:
    """A method called with a JSON body: status and answer."""

    async def call(method: str, token: str = TOKEN, **given: Any) -> tuple[int, dict[str, Any]]:
        async with http.post(f"{url}/bot{token}/{method}", json=given) as answer:
            return answer.status, await answer.json()

    return call


@pytest.fixture
def until(world: World) -> Until:
    """Wait until a look at the world gives something true."""

    async def until(look: Callable[[], Any]) -> Any:
        changed = asyncio.Event()
        world.listeners.append(changed.set)
        async with asyncio.timeout(10):
            while not (found := look()):
                await changed.wait()
                changed.clear()
        return found

    return until
