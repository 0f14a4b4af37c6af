"""The channel, pywa's client and WhatsApp's stand-in speak the same language, whatever is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import httpx
import pytest
from answering import failed
from pywa.errors import WhatsAppError
from pywa.types import Button as TheirButton
from pywa.types import Section, SectionList, SectionRow
from pywa_async import WhatsApp
from standing import Standing, standing

from leads.events import Attachment, Button, Kind, MediaKind, Outgoing, SendCode, Template, Verb
from sandbox.vendors.stage import File, Note
from sandbox.vendors.whatsapp.words import ACCOUNT_ID, NUMBER_ID, TOKEN


@pytest.fixture
async def whatsapp() -> AsyncIterator[Standing]:
    async with standing("whatsapp") as desk:
        yield desk


@pytest.fixture
async def theirs(whatsapp: Standing) -> AsyncIterator[WhatsApp]:
    async with httpx.AsyncClient() as session:
        client = WhatsApp(phone_id=NUMBER_ID, waba_id=ACCOUNT_ID, token=TOKEN, session=session)
        session.base_url = httpx.URL(f"{whatsapp.vendor.stage.base}/v26.0")
        yield client


def got(desk: Standing) -> list[Note]:
    return desk.vendor.chat(desk.ona).of("company")


async def asked(desk: Standing, text: str = "Labas") -> Any:
    desk.vendor.writes(desk.ona, text)
    return await desk.newest()


async def test_who_we_are_and_where_it_pushes_to(whatsapp: Standing) -> None:
    desk = whatsapp
    assert await desk.channel.registered(desk.http, desk.source, desk.door) == ""
    assert (
        await desk.channel.registered(desk.http, desk.source, "https://x")
        == f"WhatsApp pushes to {desk.door}"
    )
    assert await desk.channel.probe(desk.http, desk.source) == "+37052000000 (Alder & Finch)"
    error = await failed(desk.channel.register(desk.http, desk.source, "http://127.0.0.1:1/nobody"))
    assert error.code is SendCode.PERMANENT
    assert "Callback verification failed" in error.detail
    assert await desk.channel.registered(desk.http, desk.source, desk.door) == ""


async def test_a_conversation(whatsapp: Standing) -> None:
    desk = whatsapp
    note = desk.vendor.writes(desk.ona, "Labas & <b>hello</b> 🪟")
    first = await desk.newest()
    assert (first.text, first.sender.name, first.message_id) == (note.text, "Ona Petraitė", note.id)
    assert (first.sender.phone, first.thread) == (desk.ona.phone, desk.ona.phone)
    sent = await desk.send(Outgoing(first.thread, "Taip", reply_to=first.message_id, key="outbox:7"))
    (shown,) = got(desk)
    assert (shown.text, shown.reply_to, shown.id) == ("Taip", note.id, sent.external_id)
    told = await desk.newest()
    assert (told.kind, told.text, told.fields) == (Kind.STATUS, "delivered", {"key": "outbox:7"})
    desk.vendor.reads(desk.ona)
    assert (await desk.newest()).text == "read"
    desk.vendor.edits(desk.ona, note, "Labas!")
    edited = await desk.newest()
    assert (edited.kind, edited.text, edited.message_id) == (Kind.EDIT, "Labas!", note.id)
    desk.vendor.deletes(desk.ona, note)
    assert ((await desk.newest()).kind, (await desk.newest()).message_id) == (Kind.DELETE, note.id)
    desk.vendor.answers_in_app(desk.ona, "From the phone")
    echo = await desk.newest()
    assert (echo.kind, echo.text, echo.conv) == (Kind.ECHO, "From the phone", first.conv)


async def test_who_hides_the_number_is_answered_all_the_same(whatsapp: Standing) -> None:
    jonas = whatsapp.vendor.enters(3, "Jonas")
    whatsapp.vendor.writes(jonas, "Labas")
    first = await whatsapp.newest()
    assert (first.sender.phone, first.sender.username, first.thread) == ("", "person.3", jonas.id)
    await whatsapp.send(Outgoing(first.thread, "Taip"))
    assert [note.text for note in whatsapp.vendor.chat(jonas).of("company")] == ["Taip"]
    assert (await whatsapp.newest()).conv == first.conv


@pytest.mark.parametrize("count", [2, 10])
async def test_choices_are_pressed(whatsapp: Standing, count: int) -> None:
    thread = (await asked(whatsapp)).thread
    buttons = tuple(Button(f"Day {n}", f"day:{n}") for n in range(count))
    sent = await whatsapp.send(Outgoing(thread, "When?", buttons=buttons))
    (note,) = got(whatsapp)
    whatsapp.vendor.presses(whatsapp.ona, note, "Day 1")
    click = await whatsapp.newest()
    assert (click.kind, click.text, click.fields) == (Kind.CLICK, "day:1", {"title": "Day 1"})
    assert click.reply_to == sent.external_id


async def test_reactions_and_reading_both_ways(whatsapp: Standing) -> None:
    first = await asked(whatsapp)
    chat = whatsapp.vendor.chat(whatsapp.ona)
    note = chat.notes[0]
    for emoji, shown in (("👍", {"company": "👍"}), ("", {})):
        await whatsapp.send(Outgoing(first.thread, emoji, verb=Verb.REACT, target=first.message_id))
        assert note.reactions == shown
    await whatsapp.send(Outgoing(first.thread, verb=Verb.READ, target=first.message_id))
    assert chat.read_at == chat.typing_at == whatsapp.now
    await whatsapp.send(Outgoing(first.thread, "Taip"))
    for emoji in ("❤", ""):
        whatsapp.vendor.reacts(whatsapp.ona, got(whatsapp)[0], emoji)
        reaction = await whatsapp.newest()
        assert (reaction.kind, reaction.text, reaction.message_id) == (
            Kind.REACTION,
            emoji,
            got(whatsapp)[0].id,
        )


async def test_only_a_template_reaches_who_was_silent_for_a_day(whatsapp: Standing) -> None:
    thread = (await asked(whatsapp)).thread
    whatsapp.now += timedelta(hours=24)
    await whatsapp.send(Outgoing(thread, "Hello?"))
    told = await whatsapp.newest()
    assert (told.text, told.fields["code"]) == ("failed", "window_closed")
    first, second = await whatsapp.channel.templates(whatsapp.http, whatsapp.source)
    assert first == Template("still_interested", "en", "Hello {{1}}, are you still interested in {{2}}?")
    filled = Template(first.name, first.language, first.body, ("Ona", "the\noak table"))
    await whatsapp.send(Outgoing(thread, template=filled))
    await whatsapp.send(Outgoing(thread, template=second))
    texts = [note.text for note in got(whatsapp)]
    assert texts == ["Hello Ona, are you still interested in the oak table?", second.body]
    whatsapp.vendor.presses(whatsapp.ona, got(whatsapp)[1], "Today")
    assert ((await whatsapp.newest()).text, (await whatsapp.newest()).kind) == ("Today", Kind.CLICK)


async def test_a_template_with_too_few_words_is_refused(whatsapp: Standing) -> None:
    thread = (await asked(whatsapp)).thread
    error = await failed(whatsapp.send(Outgoing(thread, template=Template("still_interested", "en"))))
    assert (error.code, "132000" in error.detail) == (SendCode.PERMANENT, True)


@pytest.mark.parametrize("kind", ["photo", "video", "voice", "audio", "file", "sticker"])
async def test_files_of_customers(whatsapp: Standing, kind: str) -> None:
    whatsapp.vendor.writes(whatsapp.ona, media=File(kind, "a.bin", data=b"bytes"))
    (attachment,) = (await whatsapp.newest()).attachments
    assert attachment.kind == kind
    assert await whatsapp.fetched(attachment) == b"bytes"


async def test_places_and_cards(whatsapp: Standing) -> None:
    whatsapp.vendor.writes(
        whatsapp.ona, media=File("location", facts={"latitude": "54.5", "longitude": "25.25"})
    )
    (place,) = (await whatsapp.newest()).attachments
    assert place.data == {"latitude": "54.5", "longitude": "25.25"}
    whatsapp.vendor.writes(
        whatsapp.ona, media=File("contact", facts={"name": "Jonas", "phone": "+37060000000"})
    )
    (card,) = (await whatsapp.newest()).attachments
    assert card.data == {"phone": "+37060000000", "name": "Jonas"}


@pytest.mark.parametrize(
    ("kind", "mime", "shown"),
    [
        (MediaKind.PHOTO, "image/png", ("photo", "вот")),
        (MediaKind.PHOTO, "image/heic", ("file", "вот")),
        (MediaKind.VIDEO, "video/mp4", ("video", "вот")),
        (MediaKind.FILE, "application/pdf", ("file", "вот")),
        (MediaKind.VOICE, "audio/ogg", ("file", "вот")),
    ],
)
async def test_files_of_ours(whatsapp: Standing, kind: MediaKind, mime: str, shown: tuple[str, str]) -> None:
    thread = (await asked(whatsapp)).thread
    await whatsapp.send(Outgoing(thread, "вот", attachment=Attachment(kind)), File(kind, "a.bin", mime, b"1"))
    (note,) = got(whatsapp)
    assert note.media
    assert ((note.media.kind, note.text), note.media.data) == (shown, b"1")


async def test_a_voice_note_stays_one(whatsapp: Standing) -> None:
    thread = (await asked(whatsapp)).thread
    voice = Outgoing(thread, attachment=Attachment(MediaKind.VOICE))
    await whatsapp.send(voice, File("voice", "a.ogg", "audio/ogg", b"1"))
    (note,) = got(whatsapp)
    assert note.media
    assert note.media.kind == "voice"


async def test_who_is_not_there(whatsapp: Standing) -> None:
    assert (await failed(whatsapp.send(Outgoing("+370600009", "Hello")))).code is SendCode.BLOCKED
    thread = (await asked(whatsapp)).thread
    whatsapp.vendor.blocks(whatsapp.ona)
    await whatsapp.send(Outgoing(thread, "Hello"))
    assert (await whatsapp.newest()).fields["code"] == "blocked"


# --- pywa's client in our place -----------------------------------------------------------------------------


async def test_their_client_finds_the_same_vendor(whatsapp: Standing, theirs: WhatsApp) -> None:
    first = await asked(whatsapp)
    to = whatsapp.ona.phone
    await theirs.send_message(to, "Taip", reply_to_message_id=first.message_id, tracker="k")
    await theirs.send_message(to, "When?", buttons=[TheirButton("Today", "t"), TheirButton("Later", "l")])
    rows = [SectionRow(f"Day {n}", f"d{n}") for n in range(4)]
    await theirs.send_message(to, "Which?", buttons=SectionList("Days", [Section("This week", rows)]))
    await theirs.send_image(to, b"1", caption="Plan", mime_type="image/png")
    await theirs.send_voice(to, b"1", mime_type="audio/ogg")
    await theirs.send_reaction(to, "👍", first.message_id)
    assert (await theirs.mark_message_as_read(first.message_id)).success
    assert (await theirs.indicate_typing(first.message_id)).success
    assert [(note.text, note.media.kind if note.media else "") for note in got(whatsapp)] == [
        ("Taip", ""),
        ("When?", ""),
        ("Which?", ""),
        ("Plan", "photo"),
        ("", "voice"),
    ]
    assert whatsapp.vendor.chat(whatsapp.ona).notes[0].reactions == {"company": "👍"}
    number = await theirs.get_business_phone_number()
    assert number.verified_name == "Alder & Finch"
    with pytest.raises(WhatsAppError, match="131026"):
        await theirs.send_message("+370600009", "Hello")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": {"body": "x"}}, 131008),  # no type
        ({"to": None, "type": "text", "text": {"body": "x"}}, 131008),
        ({"to": "Ona", "type": "text", "text": {"body": "x"}}, 100),
        ({"type": "text", "text": {"body": ""}}, 100),
        ({"type": "text", "text": {"body": "x" * 4097}}, 100),
        ({"type": "text", "text": {"body": "x", "parse_mode": "HTML"}}, 100),
        ({"type": "text", "text": {"body": "x"}, "buttons": []}, 100),
        ({"type": "image", "image": {"id": "17"}}, 131009),
        ({"type": "sticker", "sticker": {"id": "17"}}, 131051),
        ({"type": "interactive", "interactive": {"type": "button", "body": {"text": "?"}}}, 131008),
        ({"type": "reaction", "reaction": {"message_id": "wamid.X", "emoji": "👍"}}, 131009),
        ({"to": None, "status": "read", "message_id": "wamid.X"}, 131009),
        ({"type": "template", "template": {"name": "not_yet", "language": {"code": "en"}}}, 132001),
    ],
)
async def test_the_stand_in_forgives_nothing(whatsapp: Standing, body: dict[str, Any], code: int) -> None:
    await asked(whatsapp)
    whole = {"messaging_product": "whatsapp", "to": whatsapp.ona.phone} | body
    told = {name: value for name, value in whole.items() if value is not None}
    assert await refused(whatsapp, told, TOKEN) == code
    assert got(whatsapp) == []


async def test_the_stand_in_wants_the_token(whatsapp: Standing) -> None:
    assert await refused(whatsapp, {"messaging_product": "whatsapp"}, "EAAwrong") == 190


async def refused(desk: Standing, body: Any, token: str) -> int:
    url = f"{desk.vendor.stage.base}/v26.0/{NUMBER_ID}/messages"
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as http, http.post(url, json=body, headers=headers) as answer:
        assert answer.status >= 400
        code: int = (await answer.json())["error"]["code"]
        return code
