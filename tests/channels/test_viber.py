"""What Viber's API is asked, and what its answers mean; requests as they cross the wire."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from answering import Answering, Raw, answering, content, failed, media

from channels.kit.discover import load
from leads.events import Attachment, Button, MediaKind, Outgoing, Profile, SendCode, Sent

VIBER = load("viber")
TOKEN = "445da6az1s345z78-canary-token-that-nobody-may-see"
OK = {"status": 0, "status_message": "ok", "message_token": 5098034272017990000}
WHO = "01234567890A+/="
URL = "https://desk.example/media/17/plan.jpg"


@pytest.fixture
async def viber() -> AsyncIterator[Answering]:
    async with answering(VIBER, {"token": TOKEN, "name": "Alder & Finch"}, OK) as vendor:
        yield vendor


def out(text: str = "", **more: Any) -> Outgoing:
    return Outgoing(WHO, text, **more)


def file(kind: MediaKind, **more: Any) -> Attachment:
    return Attachment(kind, **more)


# --- requests -----------------------------------------------------------------------------------------------


async def test_text_goes_as_it_is_under_our_name(viber: Answering) -> None:
    assert await viber.send(out("<b>_600 ₽_ & more")) == Sent("5098034272017990000")
    (asked,) = viber.asked
    assert (asked.method, asked.path) == ("POST", "/pa/send_message")
    assert asked.headers["x-viber-auth-token"] == TOKEN
    assert asked.headers["content-type"] == "application/json"
    sender = {"name": "Alder & Finch"}
    assert asked.body == {"receiver": WHO, "sender": sender, "type": "text", "text": "<b>_600 ₽_ & more"}


@pytest.mark.parametrize("letter", ["я", "漢", "😀", "\n"])
async def test_the_longest_text_stays_below_thirty_kilobytes(viber: Answering, letter: str) -> None:
    await viber.send(out(letter * (7000 // (len(letter.encode("utf-16-le")) // 2))))
    assert int(viber.asked[0].headers["content-length"]) <= 30 * 1024


async def test_buttons_stand_below_each_other_and_come_back_as_a_click(viber: Answering) -> None:
    buttons = (Button("A < B & «C»", "order:17"), Button("Site", url="https://example.com"))
    await viber.send(out("?", buttons=buttons))
    keyboard = viber.bodies[0]["keyboard"]
    assert (keyboard["Type"], keyboard["DefaultHeight"]) == ("keyboard", False)
    ours, link = keyboard["Buttons"]
    assert ours == {
        "Columns": 6,
        "Rows": 1,
        "Text": "A &lt; B &amp; «C»",
        "ActionType": "reply",
        "ActionBody": 'frontdesk:["order:17","A < B & «C»"]',
        "Silent": True,
    }
    assert (link["ActionType"], link["ActionBody"]) == ("open-url", "https://example.com")


@pytest.mark.parametrize(
    ("kind", "mime", "size", "expected"),
    [
        (MediaKind.PHOTO, "image/jpeg", 1024 * 1024, {"type": "picture"}),
        (MediaKind.PHOTO, "image/jpeg", 1024 * 1024 + 1, {"type": "file", "size": 1024 * 1024 + 1}),
        (MediaKind.PHOTO, "image/webp", 3, {"type": "file", "size": 3}),
        (MediaKind.VIDEO, "video/mp4", 3, {"type": "video", "size": 3}),
        (MediaKind.VIDEO, "video/quicktime", 3, {"type": "file", "size": 3}),
        (MediaKind.VIDEO, "video/mp4", 27 * 1024 * 1024, {"type": "file", "size": 27 * 1024 * 1024}),
        (MediaKind.VOICE, "audio/ogg", 3, {"type": "file", "size": 3}),
        (MediaKind.FILE, "application/pdf", 3, {"type": "file", "size": 3}),
    ],
)
async def test_a_file_goes_by_its_address(
    viber: Answering, kind: MediaKind, mime: str, size: int, expected: dict[str, Any]
) -> None:
    await viber.send(out(attachment=file(kind)), media("plan.jpg", mime, size, URL))
    (body,) = viber.bodies
    assert {key: body[key] for key in ("type", "media", *expected)} == expected | {"media": URL}
    assert body.get("file_name") == ("plan.jpg" if body["type"] == "file" else None)


async def test_a_caption_stands_under_a_picture_and_follows_a_file(viber: Answering) -> None:
    await viber.send(out("вот", attachment=file(MediaKind.PHOTO)), media("a.jpg", "image/jpeg", url=URL))
    pdf = media("a.pdf", url=URL)
    viber.answers = [OK, OK | {"message_token": 2}]
    buttons = (Button("Yes", "y"),)
    assert (await viber.send(out("вот", attachment=file(MediaKind.FILE), buttons=buttons), pdf)).external_id
    picture, document, text = viber.bodies
    assert (picture["type"], picture["text"]) == ("picture", "вот")
    assert (document["type"], "text" in document, "keyboard" in document) == ("file", False, False)
    assert (text["type"], text["text"], "keyboard" in text) == ("text", "вот", True)


async def test_a_long_name_keeps_its_end(viber: Answering) -> None:
    await viber.send(out(attachment=file(MediaKind.FILE)), media("я" * 300 + ".pdf", url=URL))
    name = viber.bodies[0]["file_name"]
    assert (len(name), name[-5:]) == (256, "я.pdf")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "FRONTDESK_PUBLIC_URL"),
        (media(), "FRONTDESK_PUBLIC_URL"),
        (media(url=URL, size=None), "unknown size"),
        (media(url=URL, size=50 * 1024 * 1024 + 1), "larger than"),
    ],
)
async def test_what_viber_cannot_fetch_is_not_tried(viber: Answering, given: Any, words: str) -> None:
    error = await failed(viber.send(out(attachment=file(MediaKind.FILE)), given))
    assert (error.code, viber.asked) == (SendCode.BAD_MEDIA, [])
    assert words in error.detail


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((one, SendCode.PERMANENT) for one in (1, 3, 4, 14, 16, 17, 19, 99)),
        *((one, SendCode.MISCONFIGURED) for one in (2, 7, 8, 9, 10, 15)),
        *((one, SendCode.BLOCKED) for one in (5, 6, 11, 13)),
        *((one, SendCode.RETRY) for one in (12, 18)),
        (20, SendCode.BAD_MEDIA),
    ],
)
async def test_a_status_is_a_failure_of_our_closed_set(viber: Answering, status: int, code: SendCode) -> None:
    viber.answers = [{"status": status, "status_message": "whatIsWrong"}]
    error = await failed(viber.send(out("hi")))
    assert (error.code, error.detail) == (code, f"send_message: {status} whatIsWrong")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Raw(b"<html>Bad Gateway</html>", 502), SendCode.UNAVAILABLE),
        (Raw(b"<html>Welcome</html>"), SendCode.UNAVAILABLE),
        (Raw(b'{"status":'), SendCode.UNAVAILABLE),
        (["?"], SendCode.UNAVAILABLE),
        ({"status": "fine"}, SendCode.UNAVAILABLE),
        ("lost", SendCode.UNAVAILABLE),
        (Raw(b"", 302, {"Location": "http://127.0.0.1:1/"}), SendCode.MISCONFIGURED),
        (Raw(b"slow down", 429, {"Retry-After": "7"}), SendCode.RETRY),
    ],
)
async def test_whatever_else_comes_is_understood(viber: Answering, answer: Any, code: SendCode) -> None:
    viber.answers = [answer]
    error = await failed(viber.send(out("hi")))
    assert error.code is code
    assert error.retry_after == (7.0 if code is SendCode.RETRY else None)


async def test_taken_with_an_odd_token_is_taken(viber: Answering) -> None:
    viber.answers = [{"status": 0, "message_token": ["?"]}]
    assert await viber.send(out("hi")) == Sent("")


async def test_the_token_gets_nowhere(viber: Answering, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    viber.answers = [{"status": 2, "status_message": "invalidAuthToken"}]
    error = await failed(viber.send(out("hi")))
    told = "".join(traceback.format_exception(error)) + repr(error.__dict__) + repr(viber.source.settings)
    assert TOKEN not in told + caplog.text


# --- files, people, and the webhook -------------------------------------------------------------------------


async def test_a_customers_file_is_fetched_from_its_address(viber: Answering) -> None:
    viber.answers = [Raw(b"JPEG", headers={"Content-Type": "image/jpeg"})]
    attachment = file(MediaKind.PHOTO, ref=f"{viber.url}/pg/1", name="kitchen.jpg", mime="image/jpeg")
    got = await VIBER.fetch_media(viber.http, viber.source, attachment)
    assert (got.name, got.mime, await content(got)) == ("kitchen.jpg", "image/jpeg", b"JPEG")
    assert "x-viber-auth-token" not in viber.asked[0].headers


@pytest.mark.parametrize(
    "ref", ["", "http://example.com/a.jpg", "https://127.0.0.1/a.jpg", "file:///etc/passwd"]
)
async def test_an_address_that_leads_nowhere_is_no_file(viber: Answering, ref: str) -> None:
    error = await failed(VIBER.fetch_media(viber.http, viber.source, file(MediaKind.PHOTO, ref=ref)))
    assert (error.code, viber.asked) == (SendCode.BAD_MEDIA, [])


async def test_a_profile(viber: Answering) -> None:
    user = {"id": WHO, "name": "Оксана", "language": "uk", "avatar": "https://example.com/a", "mcc": 255}
    viber.answers = [{"status": 0, "user": user}]
    avatar = Attachment(MediaKind.PHOTO, ref="https://example.com/a", name="avatar.jpg")
    assert await VIBER.profile(viber.http, viber.source, WHO) == Profile("Оксана", "", "uk", avatar)
    assert (viber.asked[0].path, viber.bodies[0]) == ("/pa/get_user_details", {"id": WHO})
    viber.answers = [{"status": 0}]
    assert await VIBER.profile(viber.http, viber.source, WHO) == Profile()


async def test_who_we_are(viber: Answering) -> None:
    viber.answers = [{"status": 0, "id": "pa:1", "name": "Alder & Finch", "uri": "alderfinch"}]
    assert await VIBER.probe(viber.http, viber.source) == "Alder & Finch (alderfinch)"


async def test_the_webhook_is_set_with_all_that_we_read(viber: Answering) -> None:
    url = "https://desk.example/in/viber/shop"
    await VIBER.register(viber.http, viber.source, url)
    assert viber.asked[0].path == "/pa/set_webhook"
    hook = viber.bodies[0]
    assert (hook["url"], hook["send_name"], hook["send_photo"]) == (url, True, True)
    viber.answers = [{"status": 0, "webhook": url, "event_types": hook["event_types"][:4]}]
    assert await VIBER.registered(viber.http, viber.source, url) == ""
    viber.answers = [{"status": 0, "webhook": url, "event_types": ["delivered"]}]
    assert "seen, failed" in await VIBER.registered(viber.http, viber.source, url)
    viber.answers = [{"status": 0, "webhook": "https://other.example/"}]
    assert "https://other.example/" in await VIBER.registered(viber.http, viber.source, url)
    viber.answers = [{"status": 0}]
    assert await VIBER.registered(viber.http, viber.source, url) == "the bot has no webhook"


async def test_every_failure_of_the_readme_is_in_the_table_and_the_other_way_round() -> None:
    from channels.viber.api import _CODES

    rows = {}
    for line in (Path(__file__).parents[2] / "channels/viber/README.md").read_text("utf-8").splitlines():
        codes, _, meaning = line.strip("| ").partition(" | ")
        if codes.replace(", ", "").isdecimal():
            rows |= {int(code): meaning.partition(":")[0].replace(" ", "_") for code in codes.split(", ")}
    assert rows == {code: meaning.value for code, meaning in _CODES.items()}


def test_settings_say_where_they_are_found() -> None:
    for field in VIBER.settings.model_fields.values():
        assert field.description
    with pytest.raises(ValueError, match="at most 28") as caught:
        VIBER.settings.model_validate({"token": TOKEN, "name": "x" * 29})
    assert TOKEN not in str(caught.value)
    assert TOKEN not in json.dumps(VIBER.settings.model_validate({"token": TOKEN, "name": "x"}), default=repr)
