"""The showing half of the desk: the stand-in for Telegram, a real store, and rows shown one by one."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from databases import Clock

from bot.notifier import Notifier, render
from leads import delivery
from leads.changes import Changes, Row, Rules, ToManager, View
from leads.events import Attachment, Attribution, Capabilities, SendCode
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    DeskMessage,
    DeskUse,
    Direction,
    Identity,
    Lead,
    LeadState,
    Manager,
    Message,
    MessageState,
    PointKind,
    Role,
)
from leads.ports import LeadSnapshot
from sandbox import model as sandboxed
from sandbox.chat import Topic
from sandbox.faults import Fault
from sandbox.world import World
from storage.store import Store

TOKEN = "100:desk-token"
ANN, BOB, EVE = 501, 502, 503
CAN = {"telegram": Capabilities(text_limit=4096, edits=True), "web_form": Capabilities(answers=False)}
RULES = Rules(zone="Europe/Riga", can=CAN)
Json = dict[str, Any]
_numbers = itertools.count(1)


@dataclass(slots=True)
class Files:
    """What `fetch` gives by the attachment's ref: bytes, a path, a failure, or nothing until the event."""

    held: dict[str, bytes | Path | Exception | asyncio.Event] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def fetch(self, attachment: Attachment, source_id: int) -> bytes | Path:
        self.asked.append((attachment.ref, source_id))
        held = self.held[attachment.ref]
        if isinstance(held, Exception):
            raise held
        if isinstance(held, asyncio.Event):
            await held.wait()
            return b""
        return held


@dataclass(slots=True)
class Scene:
    world: World
    telegram: sandboxed.Bot
    store: Store
    clock: Clock
    out: Notifier
    files: Files
    form: int = 0  # the sources
    shop: int = 0
    ann: int = 0  # the managers
    bob: int = 0
    eve: int = 0
    lead: int = 0
    first: int = 0  # the customer's first message
    chat_with: int = 0  # the conversation

    async def put(self, *rows: Row) -> dict[int, int]:
        return await self.store.commit(Changes(put=rows))

    async def show(
        self, view: View, chat: int = ANN, lead: int | None = 0, **more: Any
    ) -> list[SendCode | None]:
        """Write a row and show what is ready; `args` of the row are given as `args`."""
        about = self.lead if lead == 0 else lead
        await self.put(ToManager(view, chat, about, **more))
        return await self.show_ready()

    async def show_ready(self) -> list[SendCode | None]:
        """Show every claimable row; how each went. A row to be tried again later is left for later."""
        went: list[SendCode | None] = []
        while rows := await self.store.claim_outbox("managers", "test", 50):
            for row in rows:
                painter = partial(render, self.out)
                went.append(await delivery.show(self.store, row, painter, self.clock(), self.out.rules))
        return went

    async def later(self, **by: float) -> list[SendCode | None]:
        self.clock.move(timedelta(**by))
        return await self.show_ready()

    async def snapshot(self) -> LeadSnapshot:
        found = await self.store.lead_snapshot(self.lead)
        assert found
        return found

    async def change_lead(self, **changes: Any) -> None:
        await self.put(replace((await self.snapshot()).lead, **changes))

    async def writes(self, text: str = "", **more: Any) -> int:
        """A further message of the customer; its id."""
        known: Json = {"conversation_id": self.chat_with, "text": text} | more
        return (await self.put(Message(-1, self.lead, Direction.IN, self.clock(), **known)))[-1]

    async def answers(
        self, state: MessageState = MessageState.QUEUED, topic: int | None = None, **more: Any
    ) -> tuple[int, int]:
        """A manager's reply: the message's id, and its desk id."""
        desk = self.world.user_sends(self.telegram, ANN, text="On it", thread_id=topic)["message_id"]
        at = self.clock()
        message = Message(-1, self.lead, Direction.OUT, at, state, self.chat_with, self.ann, "On it", **more)
        place = DeskMessage(-2, ANN, desk, self.lead, DeskUse.REPLY, -1, topic)
        return (await self.put(message, place))[-1], desk

    def fault(self, kind: Any, **rule: Any) -> None:
        self.world.faults.add(Fault(kind, **rule))

    def chat(self, user: int = ANN) -> list[Json]:
        """What stands in the person's chat with the bot, service messages aside."""
        every = self.world.chat(self.telegram, user).messages.values()
        return [each for each in every if not any(key.startswith("forum_topic") for key in each)]

    def bots(self, user: int = ANN) -> list[Json]:
        return [each for each in self.chat(user) if each["from"]["is_bot"]]

    def texts(self, user: int = ANN) -> list[str]:
        return [each.get("text") or each.get("caption") or "" for each in self.bots(user)]

    def topics(self, user: int = ANN) -> list[Topic]:
        return [each for each in self.world.chat(self.telegram, user).topics.values() if not each.deleted]

    def reaction(self, desk_id: int, user: int = ANN) -> str | None:
        given = self.world.chat(self.telegram, user).reactions.get(desk_id, {}).get(self.telegram.id, [])
        return given[0]["emoji"] if given else None

    async def journal(self, kind: str = "shown") -> list[Json]:
        return [dict(each.data) for each in await self.store.journal(self.lead) if each.kind == kind]


async def make_scene(
    world: World, store: Store, clock: Clock, out: Notifier, files: Files, telegram: sandboxed.Bot
) -> Scene:
    """Three managers, two sources and one lead of a form."""
    scene = Scene(world, telegram, store, clock, out, files)
    scene.form = (await store.add_source("web_form", "main-site", {})).id
    scene.shop = (await store.add_source("telegram", "shop", {})).id
    people = (
        Manager(-1, ANN, "Ann", language="en"),
        Manager(-2, BOB, "Боб", language="ru", on_shift=False),
        Manager(-3, EVE, "Eve", Role.HEAD, language="en"),
    )
    ids = await scene.put(*people)
    scene.ann, scene.bob, scene.eve = ids[-1], ids[-2], ids[-3]
    await new_lead(scene)
    return scene


async def new_lead(
    scene: Scene,
    *,
    name: str = "Clara Oswald",
    text: str = "Hello, how much is a big garden shed?",
    fields: Json | None = None,
    attachments: tuple[Attachment, ...] = (),
    channel: str = "telegram",
    attribution: Attribution = Attribution(),
    points: tuple[tuple[PointKind, str], ...] = (),
) -> int:
    now, number = scene.clock(), next(_numbers)
    source = scene.shop if channel == "telegram" else scene.form
    telegram = channel == "telegram"
    lead = Lead(
        -4,
        -1,
        source,
        channel,
        LeadState.ASSIGNED,
        now,
        scene.ann,
        attribution=attribution,
        assigned_at=now,
        unanswered_since=now,
        last_in_at=now,
    )
    ids = await scene.put(
        Contact(-1, name, now, now, "ru" if telegram else "", scene.ann, attribution, attribution),
        Identity(-2, -1, channel, source, f"u{number}", now, name, "clara_o" if telegram else ""),
        Conversation(-3, -1, source, channel, f"c{number}", "77" if telegram else "", now, -2, now),
        lead,
        Message(
            -5,
            -4,
            Direction.IN,
            now,
            conversation_id=-3,
            text=text,
            fields=fields or {},
            attachments=attachments,
        ),
        *(ContactPoint(-10 - at, -1, kind, value) for at, (kind, value) in enumerate(points)),
    )
    scene.lead, scene.first, scene.chat_with = ids[-4], ids[-5], ids[-3]
    return scene.lead
