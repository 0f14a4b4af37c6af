"""The channel against the stand-in of MAX, and maxapi's client beside it: what no journey reaches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import ClientSession
from answering import failed, flow
from maxapi import Bot
from maxapi.client.default import DefaultConnectionProperties
from maxapi.exceptions.max import InvalidToken, MaxApiError

from channels import max as channel
from channels.kit.contract import Source
from channels.kit.discover import load
from channels.max import outbound
from leads.events import (
    Attachment,
    Button,
    Inbound,
    Kind,
    Media,
    MediaKind,
    Outgoing,
    SendCode,
    Span,
    Verb,
)
from sandbox.vendors.serving import Vendors, running
from sandbox.vendors.stage import Chat, File, Person
from sandbox.vendors.vendor import Vendor

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)


@dataclass
class Line:
    """Ona's phone, MAX between, and our channel, which polls."""

    vendor: Vendor
    ona: Person
    source: Source
    http: aiohttp.ClientSession
    cursor: str = ""

    @property
    def chat(self) -> Chat:
        return self.vendor.chat(self.ona)

    async def heard(self) -> list[Inbound]:
        calls, self.cursor = await channel.poll(self.http, self.source, self.cursor, lambda: NOW)
        items = [item for call in calls for item in load("max").parse(self.source, call)]
        assert all(isinstance(item, Inbound) for item in items)
        return [item for item in items if isinstance(item, Inbound)]

    async def meets(self) -> str:
        """Ona says hello; where an answer goes."""
        self.vendor.writes(self.ona, "Hello")
        return (await self.heard())[0].thread

    async def send(self, outgoing: Outgoing, media: Media | None = None) -> str:
        return (await channel.send(self.http, self.source, outgoing, media)).external_id


@pytest.fixture
async def line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    monkeypatch.setattr(outbound, "PAUSES", (0.0,))
    vendors = Vendors(lambda: NOW)
    vendor = vendors.open("max")
    async with running(vendors), aiohttp.ClientSession() as http:
        settings = channel.settings.model_validate(vendor.settings())
        source = Source(1, "max", "shop", settings, api_base=vendor.stage.base)
        yield Line(vendor, vendor.enters(1, "Ona Petraitė", "lt"), source, http)


@pytest.fixture
async def library(line: Line) -> AsyncIterator[Bot]:
    """maxapi's client of the same bot."""
    async with ClientSession() as session:
        quick = DefaultConnectionProperties(max_retries=0)
        bot = Bot(line.source.settings.token.get_secret_value(), default_connection=quick)
        bot.set_api_url(line.vendor.stage.base)
        bot.session = session
        session.headers["Authorization"] = line.source.settings.token.get_secret_value()
        yield bot


def media(raw: bytes, name: str, mime: str) -> Media:
    return Media(name, mime, len(raw), flow(raw))


async def test_a_pressed_button_comes_back_with_its_words(line: Line) -> None:
    chat = await line.meets()
    yes, site = Button("Taip", data="cb:1"), Button("Site", url="https://example.com")
    mid = await line.send(Outgoing(chat, "Call you?", buttons=(yes, site)))
    line.vendor.presses(line.ona, line.chat.notes[-1], "Taip")
    (click,) = await line.heard()
    assert (click.kind, click.text, click.fields["title"]) == (Kind.CLICK, "cb:1", "Taip")
    assert (click.message_id, click.thread, click.sender.language) == (mid, chat, "lt")


async def test_as_many_buttons_go_as_are_promised(line: Line) -> None:
    chat = await line.meets()
    many = tuple(Button(f"Size {n}", data=str(n)) for n in range(channel.can.buttons))
    await line.send(Outgoing(chat, "Which?", buttons=many))
    assert len(line.chat.notes[-1].buttons) == channel.can.buttons


@pytest.mark.parametrize(
    ("kind", "name", "mime"),
    [
        (MediaKind.PHOTO, "a.png", "image/png"),
        (MediaKind.VIDEO, "a.mp4", "video/mp4"),
        (MediaKind.VOICE, "voice.ogg", "audio/ogg"),
        (MediaKind.FILE, "План.pdf", "application/pdf"),
    ],
)
async def test_a_file_goes_when_it_is_ready(line: Line, kind: MediaKind, name: str, mime: str) -> None:
    chat = await line.meets()
    await line.send(Outgoing(chat, "вот", attachment=Attachment(kind)), media(b"bytes", name, mime))
    (note,) = line.chat.of("company")
    assert note.media
    assert (note.text, note.media.data, note.media.name, note.media.mime) == ("вот", b"bytes", name, mime)


async def test_a_message_is_formatted_answered_edited_and_taken_back(line: Line) -> None:
    chat = await line.meets()
    hello = line.chat.notes[0].id
    spans = (Span("bold", 0, 4), Span("blockquote", 2, 4), Span("link", 6, 3, url="https://e.x/?a=1&b"))
    mid = await line.send(Outgoing(chat, "<600> & more", spans, reply_to=hello))
    note = line.chat.note(mid)
    assert note
    assert (note.text, note.reply_to) == ("<600> & more", hello)
    await line.send(Outgoing(chat, "650 & more", spans, verb=Verb.EDIT, target=mid))
    assert (note.text, note.former) == ("650 & more", ["<600> & more"])
    await line.send(Outgoing(chat, verb=Verb.DELETE, target=mid))
    await line.send(Outgoing(chat, verb=Verb.DELETE, target=mid))
    assert note.deleted


async def test_an_edit_that_comes_too_late_is_refused(line: Line) -> None:
    chat = await line.meets()
    mid = await line.send(Outgoing(chat, "600"))
    line.vendor.ages(line.ona, timedelta(days=8))
    error = await failed(line.send(Outgoing(chat, "650", verb=Verb.EDIT, target=mid)))
    assert (error.code, "too old" in error.detail) == (SendCode.PERMANENT, True)


async def test_ona_sees_that_she_is_read_and_answered(line: Line) -> None:
    chat = await line.meets()
    await line.send(Outgoing(chat, verb=Verb.READ, target=line.chat.notes[0].id))
    await channel.typing(line.http, line.source, chat)
    assert (line.chat.read_at, line.chat.typing_at) == (NOW, NOW)


async def test_her_number_counts_as_hers_only_with_the_proof(line: Line) -> None:
    facts = {"name": "Ona", "phone": line.ona.phone}
    for more in ({"own": "1"}, {}):
        line.vendor.writes(line.ona, media=File("contact", facts=facts | more))
    proven, told = await line.heard()
    assert [one.attachments[0].data["phone"] for one in (proven, told)] == [line.ona.phone] * 2
    assert (proven.sender.phone, told.sender.phone) == (line.ona.phone, "")


async def test_her_video_is_found_by_its_token(line: Line) -> None:
    line.vendor.writes(line.ona, media=File("video", "v.mp4", "video/mp4", b"moov"))
    (sent,) = await line.heard()
    got = await channel.fetch_media(line.http, line.source, sent.attachments[0])
    assert b"".join([chunk async for chunk in got.chunks]) == b"moov"


async def test_what_she_edits_deletes_and_stops_is_told(line: Line) -> None:
    note = line.vendor.writes(line.ona, "Hello", reply_to="")
    line.vendor.edits(line.ona, note, "Hello!")
    line.vendor.deletes(line.ona, note)
    line.vendor.blocks(line.ona)
    line.vendor.unblocks(line.ona)
    heard = await line.heard()
    assert [one.kind for one in heard] == [Kind.MESSAGE, Kind.EDIT, Kind.DELETE, Kind.BLOCKED, Kind.MESSAGE]
    assert {one.message_id for one in heard[:3]} == {note.id}
    assert len({one.event_id for one in heard}) == 5


async def test_a_webhook_is_found_and_taken_off_by_a_poll(line: Line) -> None:
    url = "http://127.0.0.1:1/in/max/shop"
    await channel.register(line.http, line.source, url)
    assert (line.vendor.stage.hook, await channel.registered(line.http, line.source, url)) == (url, "")
    assert await line.heard() == []
    assert line.vendor.stage.hook == ""
    assert "no webhook" in await channel.registered(line.http, line.source, url)
    assert await channel.probe(line.http, line.source) == "@alderfinch_bot"


# --- maxapi's client meets the same server: is it like MAX? ------------------------------------------------


async def test_the_library_sends_and_edits_here_too(line: Line, library: Bot) -> None:
    chat = await line.meets()
    sent = await library.send_message(chat_id=int(chat), text="<b>600</b>", format="html")  # type: ignore[arg-type]
    assert sent
    assert sent.message.body
    note = line.chat.notes[-1]
    assert (sent.message.body.mid, note.text) == (note.id, "600")
    await library.edit_message(message_id=note.id, text="650")
    await library.delete_message(message_id=note.id)
    assert (note.text, note.deleted) == ("650", True)
    assert (await library.get_me()).username == "alderfinch_bot"


async def test_the_library_reads_what_it_polls_here(line: Line, library: Bot) -> None:
    line.vendor.writes(line.ona, "Hello")
    page = await library.get_updates(marker=None, timeout=1)
    assert [one["message"]["body"]["text"] for one in page["updates"]] == ["Hello"]


async def test_the_library_is_refused_here_as_it_expects(line: Line, library: Bot) -> None:
    with pytest.raises(MaxApiError) as caught:
        await library.send_message(chat_id=5, text="hi")
    assert caught.value.code == 404
    assert library.session
    library.session.headers["Authorization"] = "Bearer x"
    with pytest.raises(InvalidToken):
        await library.get_me()
