"""A sample morning for the playground: customers write, managers answer, one reminder nobody noticed."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from app.visitors import Visitor
from sandbox.model import Bot
from sandbox.vendors.serving import Vendors
from sandbox.vendors.stage import File
from sandbox.vendors.stage import Person as AtVendor
from sandbox.world import World

PAUSE = 0.7  # seconds between two scenes, for whoever watches
PATIENCE = 20.0  # seconds that one scene may take


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    language: str
    username: str = ""


@dataclass(frozen=True, slots=True)
class Cast:
    desk: Bot
    shop: Bot
    owner: Person
    managers: tuple[Person, ...]
    customers: tuple[Person, ...]
    vendors: Vendors
    visitors: Mapping[str, tuple[Visitor, AtVendor]]


async def morning(
    world: World, cast: Cast, move: Callable[[timedelta], Awaitable[None]], form_url: str, origin: str
) -> None:
    """Play it through; each scene begins when the one before has been seen by its people."""
    stage = _Stage(world, cast, move)
    first, second = cast.managers
    anton, jonas, _ = cast.customers
    await stage.everybody_opens_the_desk()

    await stage.later(minutes=4)
    await _fill_in(form_url, origin)
    form_topic = await stage.topic_of(first, "Dana")

    await stage.later(minutes=3)
    world.user_starts(cast.shop, anton.id, "spring_ads")
    world.user_sends(cast.shop, anton.id, text="Здравствуйте! Сколько стоит кухня 3,2 метра?")
    world.user_sends(cast.shop, anton.id, text="И за сколько сделаете?")
    chat_topic = await stage.topic_of(second, anton.name)
    await stage.sees(second.id, "И за сколько")

    await stage.later(minutes=2)
    world.user_sends(
        cast.desk,
        second.id,
        thread_id=chat_topic,
        text="Добрый день, Антон! От 2 900 €, срок — 4 недели. Пришлёте план комнаты?",
    )
    await stage.reads(anton.id, "От 2 900")
    await stage.later(minutes=1)
    world.user_sends(cast.shop, anton.id, photo=sketch(), caption="Вот план, окно слева")
    await stage.sees(second.id, "Вот план")

    await stage.later(minutes=5)
    world.user_sends(
        cast.desk, first.id, thread_id=form_topic, text="// called, wants oak fronts, decides on Friday"
    )
    world.user_sends(cast.desk, first.id, thread_id=form_topic, text="/remind 2h send the oak price list")

    await stage.later(minutes=6)
    world.user_starts(cast.shop, jonas.id)
    world.user_sends(cast.shop, jonas.id, text="Hi! Is the showroom open this Saturday? 🙂")
    await stage.topic_of(first, jonas.name)

    await stage.later(minutes=2)
    for name, (visitor, person) in cast.visitors.items():
        await stage.visit(name, visitor, person)
    await stage.later(minutes=14)  # nobody has answered Jonas: the reminder comes


@dataclass(frozen=True, slots=True)
class _Stage:
    world: World
    cast: Cast
    move: Callable[[timedelta], Awaitable[None]]

    async def later(self, minutes: int) -> None:
        await asyncio.sleep(PAUSE)
        await self.move(timedelta(minutes=minutes))

    async def everybody_opens_the_desk(self) -> None:
        for person in (self.cast.owner, *self.cast.managers):
            self.world.user_starts(self.cast.desk, person.id)
        for person in (self.cast.owner, *self.cast.managers):
            await self.until(lambda person=person: len(self.desk_messages(person.id)) > 1)  # type: ignore[misc]

    async def visit(self, name: str, visitor: Visitor, person: AtVendor) -> None:
        """A question, its answer, a word of thanks, each seen before the next."""
        vendor = self.cast.vendors.all[name]
        vendor.writes(person, visitor.asks)
        if visitor.plan:
            vendor.writes(person, media=File("photo", "plan.png", "image/png", sketch()))
        manager, topic = await self.whose(visitor.asks)
        self.world.user_sends(self.cast.desk, manager.id, thread_id=topic, text=visitor.answer)
        chat = vendor.chat(person)
        await self.until(lambda: any(note.text == visitor.answer for note in chat.notes))
        if visitor.thanks:
            if vendor.has("was_read"):
                vendor.reads(person)
            vendor.writes(person, visitor.thanks)

    async def whose(self, words: str) -> tuple[Person, int]:
        """The manager who was shown these words, and the topic that they stand in."""

        def found() -> list[tuple[Person, int]]:
            return [
                (manager, message["message_thread_id"])
                for manager in self.cast.managers
                for message in self.desk_messages(manager.id)
                if words in said(message) and "message_thread_id" in message
            ]

        await self.until(lambda: bool(found()))
        return found()[0]

    async def topic_of(self, manager: Person, name: str) -> int:
        """The topic at this manager's desk that carries the name."""

        def found() -> int:
            topics = self.world.chat(self.cast.desk, manager.id).topics
            return next((topic.thread_id for topic in topics.values() if name in topic.name), 0)

        await self.until(lambda: bool(found()))
        return found()

    async def sees(self, manager_id: int, words: str) -> None:
        await self.until(lambda: any(words in said(one) for one in self.desk_messages(manager_id)))

    async def reads(self, customer_id: int, words: str) -> None:
        chat = self.world.chat(self.cast.shop, customer_id)
        await self.until(lambda: any(words in said(one) for one in chat.messages.values()))

    def desk_messages(self, manager_id: int) -> list[dict[str, Any]]:
        return list(self.world.chat(self.cast.desk, manager_id).messages.values())

    async def until(self, holds: Callable[[], bool]) -> None:
        changed = asyncio.Event()
        self.world.listeners.append(changed.set)
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds():
                    changed.clear()
                    await changed.wait()
        finally:
            self.world.listeners.remove(changed.set)


def said(message: dict[str, Any]) -> str:
    return str(message.get("text") or message.get("caption") or "")


async def _fill_in(form_url: str, origin: str) -> None:
    filled = {
        "name": "Dana",
        "phone": "+370 612 34567",
        "email": "dana@example.com",
        "message": "I am planning a kitchen for a new flat, about 9 m². Could somebody call me today?",
        "City": "Vilnius",
        "page": "https://alder-finch.example/kitchens?utm_source=google&utm_medium=cpc&utm_campaign=spring",
    }
    headers = {"Origin": origin}
    async with aiohttp.ClientSession() as http, http.post(form_url, json=filled, headers=headers) as answer:
        answer.raise_for_status()


def sketch(width: int = 480, height: int = 320) -> bytes:
    """A floor plan as PNG, drawn here so that the demo ships no picture: walls, a window, a row of units."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(_plan(x, y, width, height))
    return _png(width, height, bytes(rows))


def _plan(x: int, y: int, width: int, height: int) -> tuple[int, int, int]:
    left, right, top, bottom = 40, width - 40, 36, height - 36
    on_wall = ((abs(x - left) < 5 or abs(x - right) < 5) and top - 5 < y < bottom + 5) or (
        (abs(y - top) < 5 or abs(y - bottom) < 5) and left - 5 < x < right + 5
    )
    if abs(x - left) < 5 and 110 < y < 210:
        return 120, 180, 230
    if on_wall:
        return 60, 64, 72
    if top + 12 < y < top + 62 and left + 60 < x < right - 14:
        return (214, 190, 150) if (x - left) % 52 > 2 else (150, 128, 96)
    if x % 40 == 0 or y % 40 == 0:
        return 232, 236, 240
    return 248, 249, 250


def _png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
