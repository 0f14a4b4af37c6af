"""The playground's customers at other vendors: what the page is told of them, and what their acts do."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from sandbox_pigeon import NOW, Pigeon

from sandbox import voice
from sandbox.acts import Acts
from sandbox.api import make_app
from sandbox.model import Impossible, Json
from sandbox.playground import PlaygroundConfig, attach
from sandbox.server import start
from sandbox.vendors.serving import Vendors
from sandbox.vendors.stage import Chat, File, Note, Push
from sandbox.vendors.vendor import Vendor
from sandbox.world import World

WHERE = {"bot": "pigeon", "user": "p1"}
PNG = b"\x89PNG\r\n\x1a\n a picture"
PAGE = b"<script>alert(1)</script>"


class Parrot(Pigeon):
    """A bird that can do everything; what it is told of stands in `told`."""

    sends = frozenset({"photo", "voice", "file", "contact"})

    def edited(self, chat: Chat, note: Note) -> list[Push]:
        return []

    deleted = reacted = edited

    def unblocked(self, chat: Chat) -> list[Push]:
        return []


class Starling(Pigeon):
    captions = False


@pytest.fixture
def vendors() -> Vendors:
    vendors = Vendors(lambda: NOW)
    for name, make in (("pigeon", Parrot), ("starling", Starling)):
        vendor = vendors.bring(name, make)
        vendor.stage.post = lambda _: None
        vendor.enters(1, "Ann Lee")
    return vendors


@pytest.fixture
def world() -> World:
    return World(lambda: NOW)


@pytest.fixture
def acts(world: World, vendors: Vendors) -> Acts:
    return Acts(world, [], now=lambda: NOW, advance=None, timezone="UTC", vendors=vendors)


@pytest.fixture
def pigeon(vendors: Vendors) -> Vendor:
    return vendors.all["pigeon"]


def notes(vendor: Vendor) -> list[Note]:
    return vendor.stage.chats["p1"].notes


def says(vendor: Vendor, text: str, **more: Any) -> Note:
    chat = vendor.stage.chats["p1"]
    return vendor.takes(chat, Note(vendor.note_id("company"), "company", text, NOW, **more))


def test_a_customer_does_what_the_vendor_lets_them(acts: Acts, pigeon: Vendor) -> None:
    said = says(pigeon, "Hello?")
    acts.do({"do": "send", "text": "Hi", "reply_to": 1, **WHERE})
    first = notes(pigeon)[1]
    assert (first.text, first.reply_to) == ("Hi", said.id)
    acts.do({"do": "edit", "message": 2, "text": "Hi there", **WHERE})
    acts.do({"do": "react", "message": 1, "emoji": "👍", **WHERE})
    acts.do({"do": "read", **WHERE})
    assert (first.text, first.former, said.reactions, said.state) == (
        "Hi there",
        ["Hi"],
        {"customer": "👍"},
        "read",
    )
    acts.do({"do": "react", "message": 1, "emoji": "", **WHERE})
    acts.do({"do": "delete", "message": 2, **WHERE})
    for message in (1, 2):
        with pytest.raises(Impossible):
            acts.do({"do": "edit", "message": message, "text": "not mine, or gone", **WHERE})
    acts.do({"do": "block", **WHERE})
    assert (said.reactions, first.deleted, pigeon.stage.chats["p1"].blocked) == ({}, True, True)
    acts.do({"do": "unblock", **WHERE})
    assert not pigeon.stage.chats["p1"].blocked


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/png", "photo"),
        ("audio/ogg", "voice"),
        ("application/pdf", "file"),
        ("video/mp4", "file"),
        ("", "file"),
    ],
)
def test_a_file_is_sent_as_what_the_vendor_has_for_it(
    acts: Acts, pigeon: Vendor, mime: str, kind: str
) -> None:
    data = base64.b64encode(PNG).decode()
    acts.do({"do": "file", "name": "a.bin", "mime": mime, "data": data, "caption": "look", **WHERE})
    [note] = notes(pigeon)
    assert note.media
    assert (note.media.kind, note.media.data, note.text) == (kind, PNG, "look")


def test_words_that_cannot_stand_under_a_photo_follow_it(acts: Acts, vendors: Vendors) -> None:
    data = base64.b64encode(PNG).decode()
    where = {"bot": "starling", "user": "p1"}
    acts.do({"do": "file", "name": "a.png", "mime": "image/png", "data": data, "caption": "look", **where})
    assert [(bool(note.media), note.text) for note in notes(vendors.all["starling"])] == [
        (True, ""),
        (False, "look"),
    ]


def test_a_voice_and_a_contact(acts: Acts, pigeon: Vendor) -> None:
    acts.do({"do": "voice", **WHERE})
    acts.do({"do": "contact", **WHERE})
    said, card = (note.media for note in notes(pigeon))
    assert said
    assert (said.kind, said.mime, said.data) == ("voice", "audio/ogg", voice.silence())
    assert card
    assert dict(card.facts) == {"name": "Ann Lee", "phone": "+447700900142", "own": "1"}


def test_newcomers_have_names_and_ids_of_their_own(acts: Acts, pigeon: Vendor) -> None:
    for _ in range(3):
        acts.do({"do": "new_customer", "bot": "pigeon"})
    people = [chat.person for chat in pigeon.stage.chats.values()]
    assert len({person.id for person in people}) == len({person.name for person in people}) == 4
    assert {person.language for person in people} == {"en", "ru"}


@pytest.mark.parametrize(
    "act",
    [
        {"do": "fly", **WHERE},
        {"do": "send", "text": "x", "bot": "pigeon", "user": "nobody"},
        {"do": "send", "text": "", **WHERE},
        {"do": "send", **WHERE},
        {"do": "edit", "message": 9, "text": "x", **WHERE},
        {"do": "edit", "message": 0, "text": "x", **WHERE},
        {"do": "press", "message": 1, "data": "Yes", **WHERE},
        {"do": "file", "name": "a", "mime": "", "data": "no base64!", **WHERE},
        {"do": "edit", "message": 1, "text": "x", "bot": "starling", "user": "p1"},
    ],
)
def test_what_makes_no_sense_is_refused(acts: Acts, vendors: Vendors, act: Json) -> None:
    for vendor in vendors.all.values():
        vendor.writes(vendor.stage.chats["p1"].person, "as it was")
    with pytest.raises(Impossible):
        acts.do(act)
    assert [note.text for note in notes(vendors.all["pigeon"])] == ["as it was"]


@pytest.mark.parametrize("kind", ["500", "429", "token", "slow", "lost"])
def test_a_switch_breaks_one_vendor_and_mends_it(acts: Acts, vendors: Vendors, kind: str) -> None:
    at = acts.at_vendors
    assert at
    acts.do({"do": "fault", "kind": kind, "on": True, "bot": "pigeon"})
    assert [name for name, on in at.faults("pigeon").items() if on] == [kind]
    assert not any(at.faults("starling").values())
    acts.do({"do": "fault", "kind": kind, "on": False, "bot": "pigeon"})
    assert not vendors.all["pigeon"].stage.faults.rules


# --- what the page is told ----------------------------------------------------------------------------------


@pytest.fixture
async def url(world: World, vendors: Vendors) -> AsyncIterator[str]:
    app = make_app(world)
    config = PlaygroundConfig("Shop", "/form", [], "", [], [], lambda: NOW, vendors=vendors)
    attach(app, world, config=config)
    running = await start(world, app=app)
    yield running.url
    await running.close()


async def told(url: str) -> Json:
    async with ClientSession() as http, http.ws_connect(f"{url}/ws", headers={"Origin": url}) as socket:
        return dict(await socket.receive_json(timeout=10))


async def test_the_page_knows_people_companies_and_what_they_can(url: str, pigeon: Vendor) -> None:
    seen = await told(url)
    assert [(one["id"], one["name"], one["bot"]) for one in seen["customers"]] == [
        ("p1", "Ann Lee", "pigeon"),
        ("p1", "Ann Lee", "starling"),
    ]
    company = seen["bots"]["pigeon"]
    assert (company["name"], company["look"]["header"], company["look"]["ticks"]) == ("Shop", "#335544", True)
    assert company["can"]["edited"] is True
    assert seen["bots"]["starling"]["can"] == {
        "edited": False,
        "deleted": False,
        "reacted": False,
        "was_read": True,
        "blocked": True,
        "sends": ["photo"],
        "captions": False,
    }


async def test_messages_are_drawn_as_both_sides_left_them(url: str, pigeon: Vendor) -> None:
    person = pigeon.stage.chats["p1"].person
    asked = pigeon.writes(person, "First")
    said = says(pigeon, "Second", reply_to=asked.id, reactions={"customer": "👍"})
    pigeon.edits(person, asked, "First, mended")
    gone = pigeon.writes(person, "Third", media=File("photo", "p.png", "image/png", PNG))
    pigeon.deletes(person, gone)
    pigeon.stage.chats["p1"].read_at = NOW
    [first, second, third] = (await told(url))["customers"][0]["messages"]
    assert (first["text"], first["edited"], first["read"], first["mine"]) == (
        "First, mended",
        True,
        True,
        True,
    )
    assert (second["reply_to"], second["fresh"], second["mine"]) == (1, True, False)
    assert second["reactions"] == [{"emoji": "👍", "mine": True}]
    assert (third["deleted"], third["text"], third["media"], third["editable"]) == (True, "", None, False)
    said.state = "read"
    assert not (await told(url))["customers"][0]["messages"][1]["fresh"]


async def test_files_are_shown_when_they_are_proven_pictures_and_else_only_given(
    url: str, pigeon: Vendor
) -> None:
    person = pigeon.stage.chats["p1"].person
    for name, data in (("p.png", PNG), ("page.html", PAGE)):
        pigeon.writes(person, media=File("photo", name, "image/png", data))
    messages = (await told(url))["customers"][0]["messages"]
    async with ClientSession() as http:
        for message, data, kind, shown in (
            (messages[0], PNG, "image/png", True),
            (messages[1], PAGE, "application/octet-stream", False),
        ):
            async with http.get(f"{url}/{message['media']['url']}") as answer:
                assert (await answer.read(), answer.content_type) == (data, kind)
                assert ("Content-Disposition" not in answer.headers) is shown
        for wrong in (
            "phone/pigeon/0?who=p1",
            "phone/pigeon/9?who=p1",
            "phone/pigeon/1?who=p2",
            "phone/crow/1?who=p1",
            "phone/pigeon/1",
        ):
            async with http.get(f"{url}/{wrong}") as answer:
                assert answer.status == 404


def test_a_voice_is_whole_ogg_pages() -> None:
    data, pages = voice.silence(2), []
    while data:
        lengths = data[27 : 27 + data[26]]
        size = 27 + len(lengths) + sum(lengths)
        pages.append(data[:size])
        data = data[size:]
    assert [page[:4] for page in pages] == [b"OggS"] * 4
    assert [page[5] for page in pages] == [2, 0, 0, 4]
    assert pages[0][28:36] == b"OpusHead"
    assert int.from_bytes(pages[-1][6:14], "little") == 2 * voice.RATE
