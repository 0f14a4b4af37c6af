"""A company with a door at a vendor, which is a stand-in of sandbox/vendors; all of it over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from journeys.company import MORNING, TOMAS, Company, make_world, opened

from app.morning import sketch
from channels.kit.discover import channels
from leads.events import Capabilities
from sandbox.model import Json
from sandbox.vendors.faults import Fault
from sandbox.vendors.serving import Vendors, running
from sandbox.vendors.stage import Answer, Chat, File, Note, Person
from sandbox.vendors.vendor import Vendor
from scheduler.clock import Clock

KEY = "door"
PLAN = File("photo", "plan.png", "image/png", sketch(96, 64))


@dataclass
class Trade:
    """Ona is the vendor's customer; what a manager does goes through `company`."""

    company: Company
    vendors: Vendors
    vendor: Vendor
    ona: Person

    @property
    def chat(self) -> Chat:
        return self.vendor.chat(self.ona)

    @property
    def can(self) -> Capabilities:
        """What the channel promises."""
        return channels()[self.vendor.stage.name].can

    def got(self) -> list[Note]:
        """What the company sent to Ona, as her phone shows it."""
        return [note for note in self.chat.of("company") if not note.deleted]

    def times(self, text: str) -> int:
        """How often Ona got this text."""
        return sum(note.text == text for note in self.got())

    async def gets(self, text: str) -> Note:
        """Wait until Ona has it."""
        found: Note = await self.company.until(
            lambda: next((note for note in self.got() if note.text == text), None)
        )
        return found

    async def asks(self, text: str, person: Person | None = None) -> Json:
        """A customer writes, and the manager sees it: that message."""
        self.vendor.writes(person or self.ona, text)
        return await self.company.sees(TOMAS, text)

    async def answers(self, text: str, at: Json) -> Json:
        """The manager answers, and it goes."""
        written = self.company.says(TOMAS, text, at=at)
        await self.goes(written)
        return written

    async def goes(self, written: Json) -> None:
        """Wait until the manager's message is known to have gone, whatever is known beyond that."""
        company = self.company
        await company.until(lambda: company.mark(TOMAS, written) in {"👌", "👍", "👀", "💔"})
        assert company.mark(TOMAS, written) != "💔", company.texts_at_desk(TOMAS)[-1]

    def refuses(self, why: str, words: str, times: int | None = 1) -> Fault:
        """The vendor answers the call that holds these words in its own way to say so."""
        answer: Answer = self.vendor.refusals[why]
        return self.vendor.stage.faults.add(Fault("refuse", words, times, answer))

    async def settled(self) -> None:
        """Nothing is on its way any more, in either direction."""
        await self.vendors.delivered()
        await self.company.settled()
        await self.vendors.delivered()
        await self.company.settled()


@asynccontextmanager
async def trading(folder: Path, name: str, **settings: object) -> AsyncIterator[Trade]:
    """A company with that vendor, Telegram and a form; an owner, a manager; the internet reaches it."""
    clock = Clock(MORNING)
    world = make_world(clock, topics=True)
    vendors = Vendors(clock.now)
    vendor = vendors.open(name)
    vendor.stage.listeners.append(world.changed)
    async with running(vendors):
        given = {f"{name}_api": vendor.stage.base} | settings
        async with opened(
            f"sqlite://{folder}/f.db",
            managers=(TOMAS,),
            more=((name, KEY, vendor.settings()),),
            clock=clock,
            world=world,
            fresh=True,
            webhooks=True,
            **given,
        ) as company:
            vendor.stage.hook = f"{company.runtime.url}/in/{name}/{KEY}"
            yield Trade(company, vendors, vendor, vendor.enters(1, "Ona Petraitė"))


def shown_bytes(company: Company, message: Json, kind: str) -> bytes:
    """What is in the file that a message at the desk carries."""
    file = message[kind][-1] if isinstance(message[kind], list) else message[kind]
    stored = company.world.files.get(company.desk.id, file["file_id"])
    assert stored
    return stored.data
