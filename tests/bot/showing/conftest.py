"""The scene of showing_scene.py as a fixture; with topics unless `topics` says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from databases import Clock
from showing_scene import ANN, BOB, EVE, RULES, TOKEN, Files, Scene, make_scene

from bot.notifier import Notifier
from bot.rates import rates
from sandbox.server import running
from sandbox.world import World
from storage.store import Store


@pytest.fixture
def topics() -> bool:
    return True


@pytest.fixture
def database_server() -> None:
    """SQLite is enough here; the store's own tests run on both."""


@pytest.fixture(autouse=True)
def every_sentence_exists(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A sentence without its text or a value is shown all the same, but not here."""
    yield
    assert not [each.getMessage() for each in caplog.records if each.name.startswith("texts")]


@pytest.fixture
async def scene(store: Store, clock: Clock, topics: bool) -> AsyncIterator[Scene]:
    world, files = World(clock), Files()
    telegram = world.add_bot(TOKEN, "desk_bot", "Desk", topics=topics)
    for person, name, language in ((ANN, "Ann", "en"), (BOB, "Боб", "ru"), (EVE, "Eve", "en")):
        world.add_user(person, name, language_code=language)
        world.chat(telegram, person).started = True
    async with running(world) as url:
        session = AiohttpSession(api=TelegramAPIServer.from_base(url))
        bot = Bot(TOKEN, session=session)
        out = Notifier(bot, store, RULES, rates(None), files.fetch, lambda: telegram.topics, clock)
        yield await make_scene(world, store, clock, out, files, telegram)
        # aiogram's own close waits a quarter of a second for TLS that is not there.
        await (await session.create_session()).close()
