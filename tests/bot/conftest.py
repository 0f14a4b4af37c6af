"""The desk of desk_scene.py as fixtures."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from databases import Clock
from desk_scene import ANN, BOB, EVE, RULES, TOKEN, Scene, add_lead, add_manager

from bot.setup import Desk, build_dispatcher, make_bot
from leads.model import Role
from sandbox.server import running
from sandbox.world import World
from storage.store import Store


@pytest.fixture
def topics() -> bool:
    return False


@pytest.fixture
def database_server() -> None:
    """SQLite is enough here; the store's own tests run on both."""


@pytest.fixture
async def scene(store: Store, clock: Clock, topics: bool) -> AsyncIterator[Scene]:
    world = World(clock)
    telegram = world.add_bot(TOKEN, "desk_bot", "Desk", topics=topics)
    for person, name, language in ((ANN, "Ann", "en"), (BOB, "Боб", "ru"), (EVE, "Eve", "ru")):
        world.add_user(person, name, language_code=language)
        world.user_starts(telegram, person)
    source = await store.add_source("telegram", "shop", {})
    async with running(world) as url:
        bot = make_bot(TOKEN, url)
        ann = await add_manager(store, ANN, "Ann", Role.OWNER, "en")
        bob = await add_manager(store, BOB, "Боб", Role.MANAGER, "ru")
        desk = Desk(bot, store, RULES, clock, build_dispatcher())
        scene = Scene(world, telegram, store, desk, ann, bob, source=source.id)
        if topics:
            scene.topic = (await bot.create_forum_topic(ANN, "Clara")).message_thread_id
        await add_lead(scene, ann)
        telegram.updates.drop()
        yield scene
        await bot.session.close()
