"""Asking vendors: who somebody is, once and not while they are away; their templates, for a minute."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from databases import Clock
from pydantic import BaseModel

from app import asking
from app.asking import Asking
from app.files import Files
from app.logs import Redactor
from app.settings import FixedSettings
from app.sources import Sources
from channels.kit.contract import Channel, Source
from leads.changes import Changes
from leads.events import Attachment, Media, MediaKind, Profile, SendCode, SendError, Template
from leads.model import Contact, Identity
from storage.store import Store

OFFER = Template("offer", "en", "Hello {{1}}")
FACE = Attachment(MediaKind.PHOTO, ref="face")


class Settings(BaseModel):
    """None."""


@dataclass
class Vendor:
    """Knows people, or fails."""

    name: str = "pigeon"
    settings: type[BaseModel] = Settings
    failure: SendError | None = None
    asked: list[str] = field(default_factory=list)

    async def profile(self, http: aiohttp.ClientSession, source: Source, external_id: str) -> Profile:
        self.asked.append(external_id)
        if self.failure:
            raise self.failure
        return Profile(f"Person {external_id}", f"p{external_id}", "lv", FACE)

    async def fetch_media(self, http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
        async def once() -> AsyncIterator[bytes]:
            yield b"a face"

        return Media("face.jpg", "image/jpeg", 6, once())

    async def templates(self, http: aiohttp.ClientSession, source: Source) -> Sequence[Template]:
        self.asked.append("templates")
        if self.failure:
            raise self.failure
        return (OFFER,)


@dataclass
class Scene:
    asking: Asking
    vendor: Vendor
    store: Store
    source_id: int
    clock: Clock

    async def people(self, count: int) -> None:
        rows: list[Any] = []
        for n in range(1, count + 1):
            now = self.clock()
            rows += [Contact(-n, "", now, now)]
            rows += [Identity(-1000 - n, -n, "pigeon", self.source_id, str(n), now)]
        await self.store.commit(Changes(put=tuple(rows)))

    async def unasked(self) -> list[str]:
        found = await self.store.strangers.some([self.source_id], 100)
        return [one.identity.external_id for one in found]


@pytest.fixture
async def scene(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    vendor = Vendor()
    row = await store.add_source("pigeon", "loft", {})
    known = {"pigeon": cast(Channel, vendor)}
    sources = Sources(store, known, FixedSettings(), Redactor(), clock)
    await sources.refresh()
    async with aiohttp.ClientSession() as http:
        files = Files(http, known, sources, store.files, None)
        yield Scene(Asking(http, known, sources, store, files, clock), vendor, store, row.id, clock)


async def test_everybody_is_asked_for_once_the_newest_first(scene: Scene) -> None:
    await scene.people(3)
    await scene.asking.meet()
    await scene.asking.meet()
    assert scene.vendor.asked == ["3", "2", "1"]
    assert await scene.unasked() == []


async def test_a_vendor_who_is_away_is_left_in_peace_and_asked_later(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.people(2)
    scene.vendor.failure = SendError(SendCode.UNAVAILABLE)
    await scene.asking.meet()
    await scene.asking.meet()
    assert len(scene.vendor.asked) == 2  # the rest of one round, and none after it
    assert await scene.unasked() == ["2", "1"]
    scene.vendor.failure = None
    later = asking.time.monotonic() + asking.PAUSE + 1
    monkeypatch.setattr(asking, "time", SimpleNamespace(monotonic=lambda: later))
    await scene.asking.meet()
    assert await scene.unasked() == []


@pytest.mark.parametrize("code", [SendCode.PERMANENT, SendCode.BLOCKED])
async def test_whom_the_vendor_does_not_tell_of_is_not_asked_for_again(scene: Scene, code: SendCode) -> None:
    await scene.people(1)
    scene.vendor.failure = SendError(code)
    await scene.asking.meet()
    assert await scene.unasked() == []


async def test_the_picture_is_kept(scene: Scene) -> None:
    await scene.people(1)
    await scene.asking.meet()
    path = await scene.store.files.known(scene.source_id, "face")
    assert path
    assert path.read_bytes() == b"a face"


async def test_templates_are_remembered_for_a_minute(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        assert await scene.asking.templates(scene.source_id) == (OFFER,)
    assert scene.vendor.asked == ["templates"]
    later = asking.time.monotonic() + asking.TEMPLATES_FOR
    monkeypatch.setattr(asking, "time", SimpleNamespace(monotonic=lambda: later))
    scene.vendor.failure = SendError(SendCode.UNAVAILABLE, "away")
    with pytest.raises(SendError):
        await scene.asking.templates(scene.source_id)
    assert await scene.asking.templates(99) == ()
