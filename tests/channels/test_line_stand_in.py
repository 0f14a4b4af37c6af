"""The channel and LINE's stand-in speak the same language, whatever is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import pytest
from standing import Standing, standing

from leads.events import Attachment, Button, Kind, MediaKind, Outgoing, SendCode, SendError, Verb
from sandbox.vendors.faults import Fault
from sandbox.vendors.line import Line
from sandbox.vendors.stage import File


@pytest.fixture
async def line() -> AsyncIterator[Standing]:
    async with standing("line") as desk:
        yield desk


def got(line: Standing) -> list[str]:
    return [note.text for note in line.vendor.chat(line.ona).of("company")]


def pushed(line: Standing) -> int:
    return cast(Line, line.vendor).pushed


async def test_who_we_are_and_where_events_go(line: Standing) -> None:
    assert await line.channel.registered(line.http, line.source, line.door) == ""
    told = await line.channel.probe(line.http, line.source)
    assert told == "Alder & Finch (@216ru), 0 of 500 pushes of this month used"
    profile = await line.channel.profile(line.http, line.source, line.ona.id)
    assert (profile.name, profile.language) == ("Ona Petraitė", "lt")


async def test_a_reply_costs_nothing_and_what_follows_is_pushed(line: Standing) -> None:
    line.vendor.writes(line.ona, "Labas")
    thread = (await line.newest()).thread
    sent = [await line.send(Outgoing(thread, text, key=text)) for text in ("one", "two")]
    assert (got(line), pushed(line)) == (["one", "two"], 1)
    notes = line.vendor.chat(line.ona).of("company")
    assert [one.external_id for one in sent] == [note.id for note in notes]


async def test_after_a_minute_it_is_pushed(line: Standing) -> None:
    line.vendor.writes(line.ona, "Labas")
    thread = (await line.newest()).thread
    line.now += timedelta(minutes=2)
    await line.send(Outgoing(thread, "late", key="1"))
    assert (got(line), pushed(line)) == (["late"], 1)


async def test_a_push_whose_answer_was_lost_is_not_repeated(line: Standing) -> None:
    line.vendor.stage.faults.add(Fault("lost", "once"))
    outgoing = Outgoing(line.ona.id, "only once", key="frontdesk-17")
    with pytest.raises(SendError) as caught:
        await line.send(outgoing)
    assert caught.value.code is SendCode.UNAVAILABLE
    sent = await line.send(outgoing)
    (note,) = line.vendor.chat(line.ona).of("company")
    assert (note.text, note.id) == ("only once", sent.external_id)


async def test_a_conversation(line: Standing) -> None:
    note = line.vendor.writes(line.ona, "Order?")
    asked = await line.newest()
    assert (asked.text, asked.message_id) == ("Order?", note.id)
    await line.send(Outgoing(asked.thread, verb=Verb.READ, target=asked.message_id))
    await line.channel.typing(line.http, line.source, asked.thread)
    chat = line.vendor.chat(line.ona)
    assert chat.read_at == chat.typing_at == line.now
    buttons = (Button("Yes", "yes:1"), Button("Site", url="https://example.com"))
    await line.send(Outgoing(asked.thread, "Yes?", buttons=buttons, reply_to=asked.message_id, key="1"))
    line.vendor.presses(line.ona, chat.of("company")[-1], "Yes")
    pressed = await line.newest()
    assert (pressed.kind, pressed.text, pressed.fields) == (Kind.CLICK, "yes:1", {"title": "Yes"})
    line.vendor.writes(line.ona, "This one", reply_to=chat.of("company")[-1].id)
    assert (await line.newest()).reply_to == chat.of("company")[-1].id
    line.vendor.deletes(line.ona, note)
    gone = await line.newest()
    assert (gone.kind, gone.message_id) == (Kind.DELETE, note.id)


async def test_who_blocked_us_sees_nothing_and_we_are_told_beforehand(line: Standing) -> None:
    line.vendor.blocks(line.ona)
    assert (await line.newest()).kind is Kind.BLOCKED
    await line.send(Outgoing(line.ona.id, "hello?", key="1"))
    assert got(line) == []
    line.vendor.unblocks(line.ona)
    back = await line.newest()
    await line.send(Outgoing(back.thread, "hello", key="2"))
    assert (back.kind, got(line), pushed(line)) == (Kind.UNBLOCKED, ["hello"], 1)


@pytest.mark.parametrize("kind", ["photo", "video", "audio", "file"])
async def test_files_of_customers(line: Standing, kind: str) -> None:
    line.vendor.writes(line.ona, media=File(kind, "a.bin", "image/png", b"bytes"))
    (attachment,) = (await line.newest()).attachments
    assert attachment.kind == kind
    if kind in {"video", "audio"}:
        with pytest.raises(SendError) as caught:
            await line.fetched(attachment)
        assert caught.value.code is SendCode.RETRY
    assert await line.fetched(attachment) == b"bytes"


async def test_places_and_stickers(line: Standing) -> None:
    line.vendor.writes(line.ona, media=File("location", facts={"latitude": "54.5", "longitude": "25.25"}))
    (place,) = (await line.newest()).attachments
    assert place.data == {"latitude": "54.5", "longitude": "25.25", "title": "Here"}
    line.vendor.writes(line.ona, media=File("sticker", "s.png", "image/png", b"1"))
    assert (await line.newest()).fields == {"sticker": "hello"}


async def test_files_of_ours(line: Standing) -> None:
    photo, pdf = File("photo", "a.jpg", "image/jpeg", b"1"), File("file", "a.pdf", "application/pdf", b"2")
    await line.send(Outgoing(line.ona.id, "one", attachment=Attachment(MediaKind.PHOTO), key="1"), photo)
    await line.send(Outgoing(line.ona.id, "two", attachment=Attachment(MediaKind.FILE), key="2"), pdf)
    sound = Attachment(MediaKind.AUDIO, data={"duration": "9"})
    await line.send(
        Outgoing(line.ona.id, attachment=sound, key="3"), File("audio", "a.mp3", "audio/mpeg", b"3")
    )
    picture, one, link, two, music = line.vendor.chat(line.ona).of("company")
    assert (picture.media and picture.media.data, one.text) == (b"1", "one")
    assert (link.media, link.text.splitlines()[0], two.text) == (None, "a.pdf", "two")
    assert (music.media and music.media.kind, music.media and music.media.data) == ("audio", b"3")


@pytest.mark.parametrize("text", ["", "x" * 5001])
async def test_the_stand_in_refuses_what_line_refuses(line: Standing, text: str) -> None:
    with pytest.raises(SendError) as caught:
        await line.send(Outgoing(line.ona.id, text, key="1"))
    assert caught.value.code is SendCode.PERMANENT
