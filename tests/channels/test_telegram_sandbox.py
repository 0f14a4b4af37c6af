"""The channel against the Bot API's stand-in, which refuses what Telegram refuses."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from answering import flow

from channels import telegram
from channels.kit.contract import Source
from leads.events import (
    Attachment,
    Call,
    Inbound,
    Kind,
    Media,
    MediaKind,
    Outgoing,
    SendCode,
    SendError,
    Span,
    Verb,
)
from sandbox.faults import Fault
from sandbox.model import Bot, Json
from sandbox.server import running
from sandbox.world import World
from scheduler.clock import real_now

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
TOKEN = "4200000001:AAcanaryTokenThatNobodyMaySee_01234"
ANNA = 700
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 60, 40)


@dataclass
class Shop:
    """A bot in the world and the source that serves it."""

    world: World
    bot: Bot
    source: Source
    http: aiohttp.ClientSession
    cursor: str = ""

    async def send(self, text: str = "hi", media: Media | None = None, to: int = ANNA, **more: Any) -> str:
        outgoing = Outgoing(str(to), text, **more)
        return (await telegram.send(self.http, self.source, outgoing, media)).external_id

    async def fails(self, text: str = "hi", **more: Any) -> SendCode:
        with pytest.raises(SendError) as caught:
            await self.send(text, **more)
        return caught.value.code

    async def poll(self) -> list[Inbound]:
        calls, self.cursor = await telegram.poll(self.http, self.source, self.cursor, real_now)
        items = [item for call in calls for item in telegram.parse(self.source, call)]
        assert all(isinstance(item, Inbound) for item in items)
        return [item for item in items if isinstance(item, Inbound)]

    def seen(self, message_id: str, user: int = ANNA) -> Json:
        return self.world.chat(self.bot, user).messages[int(message_id)]

    def replies(self) -> list[Json]:
        messages = self.world.chat(self.bot, ANNA).messages.values()
        return [message for message in messages if message["from"]["is_bot"]]


def open_shop(world: World, url: str, http: aiohttp.ClientSession, token: str = TOKEN) -> Shop:
    bot = world.add_bot(token, f"shop{token[:10]}_bot", "Shop")
    settings = telegram.settings.model_validate({"token": token, "secret": "s" * 32})
    return Shop(world, bot, Source(1, "telegram", "shop", settings, api_base=url), http)


@pytest.fixture
async def shops() -> AsyncIterator[list[Shop]]:
    world = World(lambda: NOW)
    world.add_user(ANNA, "Anna", "K", "anna_k", "ru")
    async with running(world) as url, aiohttp.ClientSession() as http:
        yield [open_shop(world, url, http), open_shop(world, url, http, TOKEN.replace("1:", "2:"))]


@pytest.fixture
def shop(shops: list[Shop]) -> Shop:
    return shops[0]


@pytest.fixture
def opened(shop: Shop) -> Shop:
    shop.world.user_starts(shop.bot, ANNA)
    return shop


def media(raw: bytes, name: str = "", mime: str = "") -> Media:
    return Media(
        name, mime, len(raw), flow(*(raw[start : start + 1000] for start in range(0, len(raw), 1000)))
    )


# --- what customers do --------------------------------------------------------------------------------------


async def test_a_whole_visit_is_read_in_order(shop: Shop) -> None:
    world, bot = shop.world, shop.bot
    world.user_starts(bot, ANNA, "ads7")
    asked = world.user_sends(bot, ANNA, text="Сколько стоит?\n👍🏽 <b>")
    world.user_edits(bot, ANNA, asked["message_id"], text="Сколько стоит 3 м?")
    answer = await shop.send("250 €")
    world.user_sends(bot, ANNA, text="ok", reply_to=int(answer))
    world.user_reacts(bot, ANNA, int(answer), "👍")
    world.user_reacts(bot, ANNA, int(answer), None)
    world.user_sends(
        bot, ANNA, contact={"phone_number": "+4915112345678", "first_name": "A", "user_id": ANNA}
    )
    world.user_blocks(bot, ANNA)
    # Reactions before the first poll are lost: nobody had asked Telegram for them yet.
    events = await shop.poll()
    kinds = [Kind.MESSAGE, Kind.MESSAGE, Kind.EDIT, Kind.MESSAGE, Kind.MESSAGE, Kind.BLOCKED]
    assert [event.kind for event in events] == kinds
    assert (events[0].text, events[0].attribution.payload) == ("/start", "ads7")
    assert events[1].text == "Сколько стоит?\n👍🏽 <b>"
    assert (events[2].text, events[2].message_id) == ("Сколько стоит 3 м?", events[1].message_id)
    assert events[3].reply_to == answer
    assert (events[4].sender.phone, events[4].attachments[0].data["own"]) == ("+4915112345678", "1")
    assert {(event.conv, event.thread, event.sender.external_id) for event in events} == {("700",) * 3}
    assert len({event.event_id for event in events}) == len(events)


async def test_reactions_come_once_asked_for(opened: Shop) -> None:
    await opened.poll()
    answer = int(await opened.send())
    opened.world.user_reacts(opened.bot, ANNA, answer, "🔥")
    opened.world.user_reacts(opened.bot, ANNA, answer, None)
    given, withdrawn = await opened.poll()
    assert (given.kind, given.text, given.message_id) == (Kind.REACTION, "🔥", str(answer))
    assert (withdrawn.kind, withdrawn.text) == (Kind.REACTION, "")


async def test_what_was_polled_is_confirmed_by_the_next_poll_only(opened: Shop) -> None:
    first = await opened.poll()
    before, opened.cursor = opened.cursor, ""
    assert await opened.poll() == first  # the cursor was not stored: it comes again
    opened.cursor = before
    opened.world.user_sends(opened.bot, ANNA, text="next")
    assert [event.text for event in await opened.poll()] == ["next"]


async def test_more_than_a_page_comes_in_order(opened: Shop) -> None:
    for number in range(40):
        opened.world.user_sends(opened.bot, ANNA, text=str(number))
    texts: list[str] = []
    while len(texts) < 41:
        texts += [event.text for event in await opened.poll()]
    assert texts[1:] == [str(number) for number in range(40)]


async def test_two_bots_keep_their_own_customers(shops: list[Shop]) -> None:
    for number, shop in enumerate(shops):
        shop.world.user_sends(shop.bot, ANNA, text=f"to {number}")
    assert [[event.text for event in await shop.poll()] for shop in shops] == [["to 0"], ["to 1"]]


@pytest.mark.parametrize(
    ("sent", "kind", "raw"),
    [
        ({"photo": PNG}, MediaKind.PHOTO, PNG),
        ({"document": ("План.pdf", "application/pdf", b"%PDF")}, MediaKind.FILE, b"%PDF"),
        ({"voice": b"OggS"}, MediaKind.VOICE, b"OggS"),
        ({"video": b"mp4"}, MediaKind.VIDEO, b"mp4"),
        ({"sticker": "👍"}, MediaKind.STICKER, b"RIFF\0\0\0\0WEBP" + "👍".encode()),
    ],
)
async def test_files_come_with_their_bytes(
    shop: Shop, sent: dict[str, Any], kind: MediaKind, raw: bytes
) -> None:
    shop.world.user_sends(shop.bot, ANNA, **sent)
    (event,) = await shop.poll()
    (attachment,) = event.attachments
    got = await telegram.fetch_media(shop.http, shop.source, attachment)
    assert (attachment.kind, got.size, b"".join([chunk async for chunk in got.chunks])) == (
        kind,
        len(raw),
        raw,
    )
    assert (got.name, got.mime) == (attachment.name, attachment.mime)


async def test_another_bot_s_file_and_one_too_big_are_bad_media(shops: list[Shop]) -> None:
    shop, other = shops
    big = b"x" * (20 * 1024 * 1024 + 1)
    shop.world.user_sends(shop.bot, ANNA, document=("a.bin", "application/octet-stream", big))
    (event,) = await shop.poll()
    untold = Attachment(MediaKind.FILE, ref=event.attachments[0].ref)
    for asker in (shop, other):
        with pytest.raises(SendError) as caught:
            await telegram.fetch_media(asker.http, asker.source, untold)
        assert caught.value.code is SendCode.BAD_MEDIA


# --- what we do ---------------------------------------------------------------------------------------------


async def test_the_customer_reads_the_very_text(opened: Shop) -> None:
    text = "<b>250 €</b> & _more_ [x](y) 🛋️ see"
    spans = (
        Span("bold", 3, 5),
        Span("link", len(text.encode("utf-16-le")) // 2 - 3, 3, url="https://x.example/"),
    )
    message = opened.seen(await opened.send(text, spans=spans))
    assert message["text"] == text
    bold, link = message["entities"]
    assert (bold["type"], bold["offset"], bold["length"]) == ("bold", 3, 5)
    assert link["url"] == "https://x.example/"


async def test_an_answer_quotes_and_does_without_what_is_gone(opened: Shop) -> None:
    asked = opened.world.user_sends(opened.bot, ANNA, text="?")["message_id"]
    quoting = await opened.send(reply_to=str(asked))
    assert opened.seen(quoting)["reply_to_message"]["message_id"] == asked
    assert "reply_to_message" not in opened.seen(await opened.send(reply_to="99999"))


@pytest.mark.parametrize("kind", sorted(telegram.can.media))
async def test_files_go_with_name_and_caption(opened: Shop, kind: MediaKind) -> None:
    raw = PNG + b"\0" * 5000 if kind is MediaKind.PHOTO else b"x" * 5000
    sent = await opened.send("вот", media(raw, "План.pdf", "application/pdf"), attachment=Attachment(kind))
    message = opened.seen(sent)
    field = {MediaKind.FILE: "document"}.get(kind, kind.value)
    content = message[field][-1] if kind is MediaKind.PHOTO else message[field]
    stored = opened.world.files.get(opened.bot.id, content["file_id"])
    assert stored
    assert (stored.data, message["caption"]) == (raw, "вот")
    if kind is MediaKind.FILE:
        assert content["file_name"] == "План.pdf"


async def test_edits_of_texts_and_captions(opened: Shop) -> None:
    text = await opened.send("250")
    file = await opened.send("250", media(PNG, "a.png"), attachment=Attachment(MediaKind.PHOTO))
    for sent, where in ((text, "text"), (file, "caption")):
        for _ in range(2):  # the second time nothing changes
            assert await opened.send("240", verb=Verb.EDIT, target=sent) == sent
        assert opened.seen(sent)[where] == "240"


async def test_typing_shows(opened: Shop) -> None:
    await telegram.typing(opened.http, opened.source, str(ANNA))
    assert opened.world.chat(opened.bot, ANNA).action == ("typing", NOW)


async def test_who_shut_us_out_or_never_came_is_blocked(opened: Shop) -> None:
    opened.world.add_user(701, "Boris")
    opened.world.user_blocks(opened.bot, ANNA)
    for who in (ANNA, 701, 702):
        assert await opened.fails(to=who) is SendCode.BLOCKED
    opened.world.user_unblocks(opened.bot, ANNA)
    assert await opened.send()
    assert [event.kind for event in await opened.poll()][1:] == [Kind.BLOCKED, Kind.UNBLOCKED]


async def test_what_telegram_refuses_has_its_name(opened: Shop) -> None:
    photo = Attachment(MediaKind.PHOTO)
    assert await opened.fails("x" * 4097) is SendCode.TOO_LONG
    assert await opened.fails("x" * 1025, media=media(PNG), attachment=photo) is SendCode.TOO_LONG
    assert await opened.fails("", media=media(b"no image"), attachment=photo) is SendCode.BAD_MEDIA
    assert (
        await opened.fails("", media=media(b""), attachment=Attachment(MediaKind.FILE)) is SendCode.BAD_MEDIA
    )
    assert await opened.fails("new", verb=Verb.EDIT, target="99999") is SendCode.PERMANENT
    assert await opened.fails("") is SendCode.PERMANENT
    assert opened.replies() == []


async def test_the_longest_that_is_promised_goes_through(opened: Shop) -> None:
    assert await opened.send("x" * telegram.can.text_limit)
    caption = "x" * telegram.can.caption_limit
    assert await opened.send(caption, media(PNG), attachment=Attachment(MediaKind.PHOTO))


async def test_trouble_of_the_server_is_not_the_message_s(opened: Shop) -> None:
    opened.world.faults.add(Fault("too_many", times=1, retry_after=7))
    with pytest.raises(SendError) as caught:
        await opened.send()
    assert (caught.value.code, caught.value.retry_after) == (SendCode.RETRY, 7)
    opened.world.faults.add(Fault("server_error", times=1))
    assert await opened.fails() is SendCode.UNAVAILABLE
    assert opened.replies() == []
    opened.world.faults.add(Fault("drop_after_effect", times=1))
    assert await opened.fails() is SendCode.UNAVAILABLE
    assert len(opened.replies()) == 1  # it was sent; trying again repeats this one message


async def test_a_wrong_token_is_misconfigured(shop: Shop) -> None:
    assert await telegram.probe(shop.http, shop.source) == f"@{shop.bot.username}"
    del shop.world.bots[TOKEN]
    assert await shop.fails() is SendCode.MISCONFIGURED
    with pytest.raises(SendError) as caught:
        await telegram.probe(shop.http, shop.source)
    assert caught.value.code is SendCode.MISCONFIGURED


# --- webhook or poll ----------------------------------------------------------------------------------------


async def test_a_webhook_brings_updates_that_verify_and_a_poll_takes_it_off(shop: Shop) -> None:
    arrived: asyncio.Queue[str] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call("POST", headers, {}, await request.read(), NOW)
        telegram.verify(shop.source, call)
        (item,) = telegram.parse(shop.source, call)
        assert isinstance(item, Inbound)
        await arrived.put(item.text)
        return web.Response()

    app = web.Application()
    app.router.add_post("/in/telegram/shop", receive)
    shop.world.user_sends(shop.bot, ANNA, text="before")
    async with TestServer(app) as server:
        await telegram.register(shop.http, shop.source, str(server.make_url("/in/telegram/shop")))
        shop.world.user_sends(shop.bot, ANNA, text="after")
        assert [await arrived.get(), await arrived.get()] == ["before", "after"]
        assert await shop.poll() == []
        assert shop.bot.webhook is None
    shop.world.user_sends(shop.bot, ANNA, text="polled")
    assert "polled" in [event.text for event in await shop.poll()]


async def test_a_second_poller_ends_the_first(shop: Shop) -> None:
    async with asyncio.TaskGroup() as group:
        first = group.create_task(expect_unavailable(shop))
        while shop.bot.updates._waiter is None:
            await asyncio.sleep(0)
        second = group.create_task(shop.poll())
        await first
        shop.world.user_sends(shop.bot, ANNA, text="hi")
        assert [event.text for event in await second] == ["hi"]


async def expect_unavailable(shop: Shop) -> None:
    with pytest.raises(SendError) as caught:
        await telegram.poll(shop.http, shop.source, "", real_now)
    assert caught.value.code is SendCode.UNAVAILABLE
