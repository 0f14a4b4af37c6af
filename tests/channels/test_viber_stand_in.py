"""The channel and Viber's stand-in speak the same language, whatever is said."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from standing import Standing, standing

from channels.kit.contract import Ignored
from leads.events import Attachment, Button, Kind, MediaKind, Outgoing, SendCode, SendError
from sandbox.vendors.stage import File


@pytest.fixture
async def viber() -> AsyncIterator[Standing]:
    async with standing("viber") as desk:
        yield desk


async def test_the_webhook_is_asked_for_before_it_is_set(viber: Standing) -> None:
    assert viber.read == [Ignored("webhook")]
    assert await viber.channel.registered(viber.http, viber.source, viber.door) == ""
    assert await viber.channel.probe(viber.http, viber.source) == "Alder & Finch (alderfinch)"
    with pytest.raises(SendError) as caught:
        await viber.channel.register(viber.http, viber.source, "http://127.0.0.1:1/nobody")
    assert caught.value.code is SendCode.PERMANENT
    assert await viber.channel.registered(viber.http, viber.source, viber.door) == ""


async def test_a_conversation(viber: Standing) -> None:
    note = viber.vendor.writes(viber.ona, "Labas & <b>hello</b>")
    asked = await viber.newest()
    assert (asked.text, asked.sender.name, asked.message_id) == (note.text, "Ona Petraitė", note.id)
    profile = await viber.channel.profile(viber.http, viber.source, asked.sender.external_id)
    assert (profile.name, profile.language) == ("Ona Petraitė", "lt")
    buttons = (Button("Yes & <now>", "yes:1"), Button("Site", url="https://example.com"))
    sent = await viber.send(Outgoing(asked.thread, "Order?", buttons=buttons))
    told = await viber.newest()
    assert (told.kind, told.text, told.message_id) == (Kind.STATUS, "delivered", sent.external_id)
    shown = viber.vendor.chat(viber.ona).note(sent.external_id)
    assert shown
    viber.vendor.presses(viber.ona, shown, "Yes & <now>")
    pressed = await viber.newest()
    assert (pressed.kind, pressed.text, pressed.fields) == (Kind.CLICK, "yes:1", {"title": "Yes & <now>"})
    viber.vendor.reads(viber.ona)
    assert (await viber.newest()).text == "read"


@pytest.mark.parametrize("kind", ["photo", "video", "file", "sticker"])
async def test_files_of_customers(viber: Standing, kind: str) -> None:
    viber.vendor.writes(viber.ona, media=File(kind, "a.bin", "image/png", b"bytes"))
    (attachment,) = (await viber.newest()).attachments
    assert attachment.kind == kind
    assert await viber.fetched(attachment) == b"bytes"


async def test_places_and_cards(viber: Standing) -> None:
    viber.vendor.writes(viber.ona, media=File("location", facts={"latitude": "54.5", "longitude": "25.25"}))
    (place,) = (await viber.newest()).attachments
    assert place.data == {"latitude": "54.5", "longitude": "25.25"}
    viber.vendor.writes(viber.ona, media=File("contact", facts={"name": "Jonas", "phone": "+37060000000"}))
    (card,) = (await viber.newest()).attachments
    assert card.data == {"phone": "+37060000000", "name": "Jonas"}


@pytest.mark.parametrize(
    ("kind", "file", "notes"),
    [
        (MediaKind.PHOTO, File("photo", "plan.png", "image/png", b"1"), [("photo", "вот")]),
        (MediaKind.VIDEO, File("video", "a.mp4", "video/mp4", b"1"), [("video", "вот")]),
        (MediaKind.FILE, File("file", "a.pdf", "application/pdf", b"1"), [("file", ""), ("", "вот")]),
        (MediaKind.VOICE, File("file", "a.ogg", "audio/ogg", b"1"), [("file", ""), ("", "вот")]),
    ],
)
async def test_files_of_ours(
    viber: Standing, kind: MediaKind, file: File, notes: list[tuple[str, str]]
) -> None:
    viber.vendor.writes(viber.ona, "Labas")
    await viber.send(Outgoing(viber.ona.id, "вот", attachment=Attachment(kind)), file)
    shown = viber.vendor.chat(viber.ona).of("company")
    assert [(note.media.kind if note.media else "", note.text) for note in shown] == notes
    assert [note.media.data for note in shown if note.media] == [b"1"]


async def test_who_may_not_be_written_to(viber: Standing) -> None:
    for text in ("before the first word", "after the last"):
        with pytest.raises(SendError) as caught:
            await viber.send(Outgoing(viber.ona.id, text))
        assert caught.value.code is SendCode.BLOCKED
        if not viber.vendor.chat(viber.ona).notes:
            viber.vendor.writes(viber.ona, "Labas")
            viber.vendor.blocks(viber.ona)
            assert (await viber.newest()).kind is Kind.BLOCKED
