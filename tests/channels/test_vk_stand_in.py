"""The channel against the stand-in of VK, and vkbottle's client beside it: what no journey reaches."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import aiohttp.test_utils
import pytest
from answering import failed
from vk_scene import media
from vkbottle import API, BotPolling, Keyboard, PhotoMessageUploader, Text, VKAPIError, VoiceMessageUploader
from vkbottle.http import AiohttpClient

from channels import vk
from channels.kit.contract import Source
from channels.kit.discover import load
from channels.kit.fixture import play
from leads.events import Attachment, Button, Call, Inbound, Kind, MediaKind, Outgoing, SendCode, Verb
from sandbox.vendors.serving import Vendors, running
from sandbox.vendors.stage import Chat, File, Note, Person
from sandbox.vendors.vk.community import Community
from sandbox.vendors.vk.pushing import CONFIRMATION

PNG, OGG = b"\x89PNG\r\n\x1a\n", b"OggS\x00"


@dataclass
class Line:
    """Ona's phone, VK between, and our channel, which polls."""

    vendors: Vendors
    vendor: Community
    ona: Person
    source: Source
    http: aiohttp.ClientSession
    cursor: str = ""
    now: datetime = datetime(2026, 1, 15, 10, tzinfo=UTC)

    @property
    def chat(self) -> Chat:
        return self.vendor.chat(self.ona)

    @property
    def last(self) -> Note:
        return self.chat.notes[-1]

    async def heard(self) -> list[Inbound]:
        calls, self.cursor = await vk.poll(self.http, self.source, self.cursor, lambda: self.now)
        items = [item for call in calls for item in load("vk").parse(self.source, call)]
        return [item for item in items if isinstance(item, Inbound)]

    async def meets(self) -> str:
        """Ona says hello; where an answer goes."""
        await self.heard()
        self.vendor.writes(self.ona, "Hello")
        (hello,) = await self.heard()
        return hello.thread

    async def send(self, outgoing: Outgoing, data: bytes = b"", name: str = "a.pdf") -> str:
        file = media(data, name) if data else None
        return (await vk.send(self.http, self.source, outgoing, file)).external_id


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    vendors = Vendors(lambda: line.now)
    vendor = vendors.open("vk")
    assert isinstance(vendor, Community)
    async with running(vendors), aiohttp.ClientSession() as http:
        settings = vk.settings.model_validate(vendor.settings())
        source = Source(1, "vk", "shop", settings, api_base=vendor.stage.base)
        line = Line(vendors, vendor, vendor.enters(1, "Ona Petraitė", "ru"), source, http)
        yield line


@pytest.fixture
async def library(line: Line) -> AsyncIterator[API]:
    """vkbottle's client of the same community."""
    client = AiohttpClient()
    api = API(line.source.settings.token.get_secret_value(), http_client=client)
    api.API_URL = f"{line.vendor.stage.base}/method/"
    yield api
    await client.close()


# --- both ways ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (File("photo", "a.jpg", "image/jpeg", b"\xff\xd8photo"), MediaKind.PHOTO),
        (File("voice", "v.ogg", "audio/ogg", OGG), MediaKind.VOICE),
        (File("file", "План.pdf", "application/pdf", b"%PDF"), MediaKind.FILE),
        (File("sticker", "s.png", "image/png", PNG), MediaKind.STICKER),
    ],
)
async def test_a_customers_file_is_what_is_fetched(line: Line, file: File, kind: MediaKind) -> None:
    await line.meets()
    line.vendor.writes(line.ona, "look", media=file)
    (item,) = await line.heard()
    (attachment,) = item.attachments
    assert (item.text, attachment.kind) == ("look", kind)
    got = await vk.fetch_media(line.http, line.source, attachment)
    assert b"".join([chunk async for chunk in got.chunks]) == file.data
    if kind is MediaKind.FILE:
        assert (attachment.name, attachment.size) == (file.name, len(file.data))


async def test_a_place_and_a_video(line: Line) -> None:
    await line.meets()
    line.vendor.writes(line.ona, media=File("location", facts={"latitude": "55.7", "longitude": "37.6"}))
    line.vendor.writes(line.ona, media=File("video", "clip", "video/mp4", b"v"))
    place, video = await line.heard()
    assert place.attachments[0].data == {"latitude": "55.7", "longitude": "37.6"}
    assert video.attachments == ()
    assert video.fields["video"].startswith("https://vk.com/video-200100_")


@pytest.mark.parametrize(
    ("kind", "name", "data", "got"),
    [
        (MediaKind.PHOTO, "a.png", PNG, "photo"),
        (MediaKind.VOICE, "v.ogg", OGG, "voice"),
        (MediaKind.FILE, "a.pdf", b"%PDF", "file"),
        (MediaKind.VIDEO, "v.mp4", b"mp4", "file"),
    ],
)
async def test_every_kind_that_is_promised_goes(
    line: Line, kind: MediaKind, name: str, data: bytes, got: str
) -> None:
    thread = await line.meets()
    await line.send(Outgoing(thread, "вот", attachment=Attachment(kind)), data, name)
    assert line.last.media
    assert (line.last.media.kind, line.last.media.data, line.last.text) == (got, data, "вот")
    assert kind in vk.can.media


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [
        (MediaKind.PHOTO, "a.png", b"no picture"),
        (MediaKind.VOICE, "v.ogg", b"no voice"),
        (MediaKind.FILE, "song.mp3", b"ID3"),
    ],
)
async def test_a_file_that_vk_refuses_is_bad_media(
    line: Line, kind: MediaKind, name: str, data: bytes
) -> None:
    thread = await line.meets()
    error = await failed(line.send(Outgoing(thread, attachment=Attachment(kind)), data, name))
    assert error.code is SendCode.BAD_MEDIA
    assert line.chat.of("company") == []


async def test_a_repeated_try_is_the_same_message(line: Line) -> None:
    thread = await line.meets()
    first, again = [await line.send(Outgoing(thread, "once", key="row7")) for _ in range(2)]
    other = await line.send(Outgoing(thread, "once", key="row8"))
    assert first == again != other
    assert [note.text for note in line.chat.of("company")] == ["once", "once"]


async def test_buttons_come_back(line: Line) -> None:
    thread = await line.meets()
    many = tuple(Button(f"Size {n}", data=f"size:{n}") for n in range(vk.can.buttons - 1))
    await line.send(Outgoing(thread, "Which?", buttons=(*many, Button("Site", url="https://example.com"))))
    assert len(line.last.buttons) == vk.can.buttons
    line.vendor.presses(line.ona, line.last, "Size 4")
    (click,) = await line.heard()
    assert (click.kind, click.text, click.fields) == (Kind.CLICK, "size:4", {"title": "Size 4"})


async def test_an_edit_leaves_the_file_where_it_is(line: Line) -> None:
    thread = await line.meets()
    mid = await line.send(Outgoing(thread, "draft", attachment=Attachment(MediaKind.PHOTO)), PNG, "a.png")
    await line.send(Outgoing(thread, "final", verb=Verb.EDIT, target=mid))
    assert line.last.media
    assert (line.last.text, line.last.media.data, line.last.former) == ("final", PNG, ["draft"])
    assert await line.heard() == []  # our own message and our own edit come back, and are known


async def test_taking_back_reading_typing(line: Line) -> None:
    thread = await line.meets()
    mid = await line.send(Outgoing(thread, "oops"))
    await line.send(Outgoing(thread, verb=Verb.DELETE, target=mid))
    assert line.last.deleted
    await line.send(Outgoing(thread, verb=Verb.READ, target=line.chat.notes[0].id))
    await vk.typing(line.http, line.source, thread)
    assert line.chat.read_at == line.chat.typing_at == line.now


async def test_after_a_day_nothing_can_be_changed(line: Line) -> None:
    thread = await line.meets()
    mid = await line.send(Outgoing(thread, "as it is"))
    line.now += timedelta(days=2)
    for verb in (Verb.EDIT, Verb.DELETE):
        error = await failed(line.send(Outgoing(thread, "too late", verb=verb, target=mid)))
        assert error.code is SendCode.PERMANENT
    assert (line.last.text, line.last.deleted) == ("as it is", False)


async def test_an_answer_quotes_and_so_does_the_customer(line: Line) -> None:
    thread = await line.meets()
    mid = await line.send(Outgoing(thread, "Which day?", reply_to=line.last.id))
    assert line.last.reply_to == line.chat.notes[0].id
    line.vendor.writes(line.ona, "Friday", reply_to=mid)
    (item,) = await line.heard()
    assert item.reply_to == mid


async def test_what_else_a_person_does(line: Line) -> None:
    thread = await line.meets()
    mid = await line.send(Outgoing(thread, "Hello!"))
    line.vendor.reads(line.ona)
    line.vendor.reacts(line.ona, line.last, "👍")
    line.vendor.reacts(line.ona, line.last, "")
    line.vendor.edits(line.ona, line.chat.notes[0], "Hello there")
    line.vendor.answers_in_app(line.ona, "by hand")
    line.vendor.blocks(line.ona)
    line.vendor.unblocks(line.ona)
    heard = await line.heard()
    assert [(item.kind, item.text) for item in heard] == [
        (Kind.STATUS, "read"),
        (Kind.REACTION, "⭐"),
        (Kind.REACTION, ""),
        (Kind.EDIT, "Hello there"),
        (Kind.ECHO, "by hand"),
        (Kind.BLOCKED, ""),
        (Kind.UNBLOCKED, ""),
    ]
    assert {item.conv for item in heard} == {thread}
    assert heard[0].message_id == heard[1].message_id == mid


async def test_who_never_wrote_and_who_shut_us_out_are_not_reached(line: Line) -> None:
    stranger = Outgoing(line.ona.id, "Buy!")
    assert (await failed(line.send(stranger))).code is SendCode.BLOCKED
    await line.meets()
    line.vendor.blocks(line.ona)
    assert (await failed(line.send(stranger))).code is SendCode.BLOCKED
    assert (await failed(line.send(replace(stranger, recipient="5")))).code is SendCode.PERMANENT


async def test_too_long_and_too_much(line: Line) -> None:
    thread = await line.meets()
    await line.send(Outgoing(thread, "x" * vk.can.text_limit))
    assert (await failed(line.send(Outgoing(thread, "x" * 4097)))).code is SendCode.TOO_LONG
    many = tuple(Button(str(n), data=str(n)) for n in range(vk.can.buttons + 1))
    assert (await failed(line.send(Outgoing(thread, "x", buttons=many)))).code is SendCode.PERMANENT


async def test_who_they_are_and_who_we_are(line: Line) -> None:
    profile = await vk.profile(line.http, line.source, line.ona.id)
    assert (profile.name, profile.username, bool(profile.avatar)) == ("Ona Petraitė", "", True)
    assert await vk.probe(line.http, line.source) == "Alder & Finch (vk.com/club200100)"
    wrong = line.source.settings.model_copy(update={"token": type(line.source.settings.token)("x" * 30)})
    error = await failed(vk.probe(line.http, replace(line.source, settings=wrong)))
    assert error.code is SendCode.MISCONFIGURED


async def test_a_comment_is_answered_where_everybody_reads_it(line: Line) -> None:
    await line.heard()
    asked = line.vendor.wall.writes(line.ona, "How much?")
    (item,) = await line.heard()
    assert (item.text, item.conv) == ("How much?", f"wall33_{line.ona.id}")
    ids = [await line.send(Outgoing(item.thread, "600 €", key="row9")) for _ in range(2)]
    assert len(set(ids)) == 1
    _, answer = line.vendor.wall.comments
    assert (answer["text"], answer["from_id"], answer["parents_stack"]) == ("600 €", -200100, [asked["id"]])
    assert await line.heard() == []  # our own comment comes back, and is known
    gone = Outgoing("wall33_999", "600 €")
    assert (await failed(line.send(gone))).code is SendCode.PERMANENT


async def test_a_lead_form_has_nobody_to_be_answered(line: Line) -> None:
    await line.heard()
    answers = {"first_name": "Ona", "phone_number": "+37061234567", "custom_1": "a table"}
    line.vendor.wall.fills(line.ona, "Call me", answers)
    (item,) = await line.heard()
    assert (item.kind, item.thread, item.sender.external_id) == (Kind.LEAD_AD, "", line.ona.id)
    assert (item.sender.name, item.sender.phone, item.fields["custom_1"]) == (
        "Ona",
        "+37061234567",
        "a table",
    )


# --- callbacks ----------------------------------------------------------------------------------------------


async def test_a_callback_server_is_confirmed_and_told(line: Line) -> None:
    """The product's edge stands behind a small server here; VK posts to it."""
    heard: list[Any] = []

    async def edge(request: aiohttp.web.Request) -> aiohttp.web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call("POST", headers, {}, await request.read(), line.now)
        ending = await play(load("vk"), line.source, call)
        heard.extend(ending.items or [ending.reply.body])
        return aiohttp.web.Response(status=ending.reply.status, body=ending.reply.body)

    app = aiohttp.web.Application()
    app.router.add_post("/in/vk/shop", edge)
    async with aiohttp.test_utils.TestServer(app) as server:
        url = str(server.make_url("/in/vk/shop"))
        assert await vk.registered(line.http, line.source, url) == "no callback server has this address"
        await vk.register(line.http, line.source, url)
        await line.vendors.delivered()
        assert heard == [CONFIRMATION.encode()]
        assert await vk.registered(line.http, line.source, url) == ""
        line.vendor.stage.faults.duplicate = True
        line.vendor.writes(line.ona, "Hello")
        await line.vendors.delivered()
        first, second = heard[1:]
        assert (first, first.text) == (second, "Hello")


# --- the library beside ours --------------------------------------------------------------------------------


async def test_the_library_finds_the_stand_in_to_be_vk(line: Line, library: API) -> None:
    thread = await line.meets()
    (me,) = (await library.groups.get_by_id(group_id=200100)).groups or []
    (ona,) = await library.users.get(user_ids=[line.ona.id], fields=["screen_name", "photo_200"])  # type: ignore[list-item]
    assert (me.name, f"{ona.first_name} {ona.last_name}") == ("Alder & Finch", "Ona Petraitė")
    board = Keyboard(inline=True).add(Text("Да", {"button": "yes"})).get_json()
    (sent,) = await library.messages.send(peer_ids=[int(thread)], random_id=5, message="Hi", keyboard=board)
    assert (str(sent.conversation_message_id), line.last.buttons[0].text) == (line.last.id, "Да")
    line.vendor.presses(line.ona, line.last, "Да")
    echo, click = await line.heard()
    assert (echo.kind, echo.text) == (Kind.ECHO, "Hi")
    assert (click.kind, click.text) == (Kind.CLICK, "yes")


async def test_the_library_uploads_as_we_do(line: Line, library: API) -> None:
    thread = await line.meets()
    photo = await PhotoMessageUploader(library).upload(PNG, peer_id=int(thread))
    voice = await VoiceMessageUploader(library, "v.ogg").upload(OGG, peer_id=int(thread), title="v.ogg")
    for number, name in enumerate((photo, voice), 1):
        await library.messages.send(peer_ids=[int(thread)], random_id=number, attachment=name)
    theirs = [note.media for note in line.chat.of("company")]
    for kind, data, name in ((MediaKind.PHOTO, PNG, "a.png"), (MediaKind.VOICE, OGG, "v.ogg")):
        await line.send(Outgoing(thread, attachment=Attachment(kind)), data, name)
    ours = [note.media for note in line.chat.of("company")][2:]
    assert [(one.kind, one.data) for one in ours if one] == [(one.kind, one.data) for one in theirs if one]


async def test_the_library_polls_the_same_events(line: Line, library: API) -> None:
    await line.meets()
    polling = BotPolling(library, group_id=200100)
    server = await polling.get_server()
    line.vendor.writes(line.ona, "both hear it")
    event = await polling.get_event(server)
    (item,) = await line.heard()
    (update,) = event["updates"]
    assert (update["event_id"], update["object"]["message"]["text"]) == (item.event_id, item.text)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ({"peer_ids": [5], "message": "x"}, 936),
        ({"peer_ids": [700001], "message": ""}, 100),
        ({"peer_ids": [700001], "message": "x" * 5000}, 914),
        ({"peer_ids": [700001], "message": "x", "keyboard": json.dumps({"buttons": []})}, 911),
        ({"peer_ids": [700001], "message": "x", "attachment": "photo1_2"}, 100),
    ],
)
async def test_the_library_reads_the_stand_in_s_refusals(
    line: Line, library: API, call: dict[str, Any], code: int
) -> None:
    await line.meets()
    with pytest.raises(VKAPIError) as caught:
        await library.messages.send(random_id=1, **call)
    assert caught.value.code == code
