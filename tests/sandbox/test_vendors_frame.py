"""What every stand-in gets from the frame: books, pushes, faults, files. The vendor here is made up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sandbox_pigeon import NOW, Pigeon

from sandbox.model import Impossible
from sandbox.vendors.faults import Fault
from sandbox.vendors.serving import Vendors, names, running
from sandbox.vendors.stage import File, Person, Push, Stage
from sandbox.vendors.vendor import Vendor


@dataclass
class Product:
    """Takes what is pushed, unless it is told to answer something else first."""

    got: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def hook(self, request: web.Request) -> web.Response:
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.got.append(await request.json())
        return web.Response(status=status)


@dataclass
class Sky:
    vendors: Vendors
    pigeon: Vendor
    stage: Stage
    product: Product
    ann: Person
    http: aiohttp.ClientSession

    async def fly(self, text: str, to: str = "p1") -> tuple[int, bytes]:
        url = f"{self.stage.base}/fly"
        async with self.http.post(url, json={"to": to, "text": text}) as answer:
            return answer.status, await answer.read()

    async def told(self) -> list[dict[str, Any]]:
        await self.vendors.delivered()
        return self.product.got


@pytest.fixture
async def sky() -> AsyncIterator[Sky]:
    product = Product()
    app = web.Application()
    app.router.add_post("/hook", product.hook)
    runner = web.AppRunner(app, access_log=None)
    vendors = Vendors(lambda: NOW)
    pigeon = vendors.bring("pigeon", Pigeon)
    async with AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await stack.enter_async_context(running(vendors))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        pigeon.stage.hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield Sky(vendors, pigeon, pigeon.stage, product, pigeon.enters(1, "Ann"), http)


async def test_what_a_customer_writes_is_pushed_in_order_until_it_is_taken(sky: Sky) -> None:
    sky.product.answers = [500, 503]
    for text in ("one", "two", "three"):
        sky.pigeon.writes(sky.ann, text)
    assert [one["wrote"] for one in await sky.told()] == ["one", "two", "three"]


async def test_nothing_is_pushed_before_somebody_says_where_to(sky: Sky) -> None:
    hook, sky.stage.hook = sky.stage.hook, ""
    sky.pigeon.writes(sky.ann, "early")
    await asyncio.sleep(0)
    assert sky.product.got == []
    sky.stage.hook = hook
    assert (await sky.told())[0]["wrote"] == "early"


async def test_a_vendor_that_gives_up_gives_up(sky: Sky) -> None:
    sky.product.answers = [500, 500]
    sky.stage.push(Push(b"{}", {}, lane="x", tries=2), Push(b'{"n": 2}', {}, lane="x"))
    assert await sky.told() == [{"n": 2}]


async def test_what_is_accepted_stands_in_the_chat_and_is_told_of_after_the_answer(sky: Sky) -> None:
    status, body = await sky.fly("Hello")
    chat = sky.pigeon.chat(sky.ann)
    assert (status, [note.text for note in chat.of("company")]) == (200, ["Hello"])
    assert await sky.told() == [{"delivered": json.loads(body)["id"]}]
    sky.pigeon.reads(sky.ann)
    sky.pigeon.reads(sky.ann)
    assert (await sky.told())[1:] == [{"read": ["Hello"]}]
    assert chat.notes[0].state == "read"


async def test_no_push_overtakes_the_answer_that_it_follows_from(sky: Sky) -> None:
    order: list[str] = []
    sky.stage.log = lambda *_: order.append("answered")
    sky.stage.post = lambda _: order.append("pushed")
    await sky.fly("Hello")
    assert order == ["answered", "pushed"]


async def test_only_a_button_that_is_there_can_be_pressed(sky: Sky) -> None:
    await sky.fly("Sure?")
    note = sky.pigeon.chat(sky.ann).notes[0]
    for words in ("No", "Site"):
        with pytest.raises(Impossible):
            sky.pigeon.presses(sky.ann, note, words)
    sky.pigeon.presses(sky.ann, note, "Yes")
    assert {"pressed": "y"} in await sky.told()


async def test_acts_that_a_vendor_does_not_have_are_impossible_and_change_nothing(sky: Sky) -> None:
    note = sky.pigeon.writes(sky.ann, "as it was")
    with pytest.raises(Impossible):
        sky.pigeon.edits(sky.ann, note, "other")
    with pytest.raises(Impossible):
        sky.pigeon.deletes(sky.ann, note)
    with pytest.raises(Impossible):
        sky.pigeon.writes(sky.ann, media=File("voice", data=b"x"))
    with pytest.raises(Impossible):
        sky.pigeon.writes(sky.ann)
    assert (note.text, note.former, note.deleted) == ("as it was", [], False)
    assert len(sky.pigeon.chat(sky.ann).notes) == 1


async def test_who_blocked_the_company_neither_writes_nor_is_reached(sky: Sky) -> None:
    sky.pigeon.blocks(sky.ann)
    with pytest.raises(Impossible):
        sky.pigeon.writes(sky.ann, "x")
    assert await sky.fly("Hello") == (404, b'{"why": "no such nest"}')


async def test_a_kept_file_is_there_for_whoever_knows_its_address(sky: Sky) -> None:
    sky.pigeon.writes(sky.ann, media=File("photo", "a b.png", "image/png", b"bytes"))
    url = (await sky.told())[0]["url"]
    async with sky.http.get(url) as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", b"bytes")
    assert await sky.stage.fetch(url) == ("image/png", b"bytes")
    async with sky.http.get(f"{sky.stage.base}/files/9/other") as answer:
        assert answer.status == 404


async def test_time_passes_for_one_chat_alone(sky: Sky) -> None:
    ben = sky.pigeon.enters(2, "Ben")
    for person in (sky.ann, ben):
        sky.pigeon.writes(person, "x")
    sky.pigeon.ages(sky.ann, timedelta(hours=25))
    heard = [sky.pigeon.chat(person).heard_at for person in (sky.ann, ben)]
    assert heard == [NOW - timedelta(hours=25), NOW]


@pytest.mark.parametrize(
    ("kind", "count"), [("refuse", 0), ("html", 1), ("cut", 1), ("lost", 1), ("huge", 1)]
)
async def test_a_fault_hits_the_call_with_its_words_once(sky: Sky, kind: Any, count: int) -> None:
    sky.stage.faults.add(Fault(kind, words="fragile", answer=sky.pigeon.refusals["too_many"]))
    assert (await sky.fly("sound"))[0] == 200
    try:
        status, body = await sky.fly("fragile")
    except aiohttp.ClientError:
        assert kind in {"cut", "lost"}
    else:
        assert {"refuse": status == 429, "html": b"<html" in body, "huge": len(body) > 2**25}[kind]
    texts = [note.text for note in sky.pigeon.chat(sky.ann).notes]
    assert texts == ["sound", *["fragile"] * count]
    assert (await sky.fly("fragile"))[0] == 200


async def test_what_had_no_effect_is_not_lost(sky: Sky) -> None:
    sky.stage.faults.add(Fault("lost"))
    assert (await sky.fly("Hello", to="nobody"))[0] == 404
    assert sky.stage.faults.rules
    with pytest.raises(aiohttp.ClientError):
        await sky.fly("Hello")


async def test_who_hangs_says_nothing_and_does_nothing(sky: Sky) -> None:
    sky.stage.faults.add(Fault("hang"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await sky.fly("Hello")
    assert sky.pigeon.chat(sky.ann).notes == []


async def test_every_push_twice(sky: Sky) -> None:
    sky.stage.faults.duplicate = True
    sky.pigeon.writes(sky.ann, "x")
    assert len(await sky.told()) == 2


async def test_calls_and_pushes_are_in_the_log(sky: Sky) -> None:
    lines: list[tuple[str, str, str, int]] = []
    sky.stage.log = lambda *line: lines.append(line)
    await sky.fly("Hello")
    await sky.told()
    assert [(call, status) for _, call, _, status in lines] == [
        ("/vendors/pigeon/fly", 200),
        ("webhook", 200),
    ]


def test_the_folder_is_the_list() -> None:
    assert "viber" in names()
    assert not {"stage", "vendor", "faults", "post", "serving"} & set(names())


@pytest.mark.parametrize("name", names())
def test_each_stand_in_is_whole(name: str) -> None:
    vendor = Vendors(lambda: NOW).open(name)
    people = [vendor.enters(number, f"Person {number}") for number in (1, 2)]
    assert people[0].id != people[1].id
    assert vendor.enters(1, "Person 1") == people[0]
    assert {"too_many", "misconfigured", "server_error"} <= vendor.refusals.keys()
    assert all(isinstance(value, str) for value in vendor.settings().values())
    assert list(vendor.routes())
