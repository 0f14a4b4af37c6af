"""What LINE's API is asked, and what its answers mean; requests as they cross the wire."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from answering import Answering, Raw, answering, failed, media

from channels.kit.discover import load
from channels.line.thread import Thread, understood, written
from leads.events import Attachment, Button, MediaKind, Outgoing, SendCode, Sent, Verb

LINE = load("line")
SETTINGS = {"channel_secret": "c" * 32, "access_token": "canary-token-that-nobody-may-see"}
WHO = "U4af4980629f0000000000000000000aa"
NEWEST = Thread(WHO, "r1", "5001", "q1", "m1")
TAKEN = {"sentMessages": [{"id": "461230966842064897", "quoteToken": "IStG5h1Tz7b"}]}
STALE = Raw({"message": "Invalid reply token"}, 400)
URL = "https://desk.example/media/17/plan.jpg"


@pytest.fixture
async def line() -> AsyncIterator[Answering]:
    async with answering(LINE, SETTINGS, TAKEN) as vendor:
        yield vendor


def out(text: str = "", thread: Thread | None = None, **more: Any) -> Outgoing:
    return Outgoing(written(thread or Thread(WHO)), text, **{"key": "frontdesk-17"} | more)


def paths(line: Answering) -> list[str]:
    return [f"{one.method} {one.path.removeprefix('/v2/bot/')}" for one in line.asked]


# --- reply, else push ---------------------------------------------------------------------------------------


async def test_a_fresh_token_makes_a_reply(line: Answering) -> None:
    assert await line.send(out("<b>600 ฿ & more</b>", NEWEST)) == Sent("461230966842064897")
    (asked,) = line.asked
    assert asked.path == "/v2/bot/message/reply"
    assert asked.headers["authorization"] == f"Bearer {SETTINGS['access_token']}"
    # With a retry key LINE refuses whatever takes none.
    assert "x-line-retry-key" not in asked.headers
    text = {"type": "text", "text": "<b>600 ฿ & more</b>"}
    assert asked.body == {"replyToken": "r1", "messages": [text]}


async def test_a_token_that_is_used_or_old_makes_a_push(line: Answering) -> None:
    line.answers = [STALE, TAKEN]
    assert await line.send(out("hi", NEWEST)) == Sent("461230966842064897")
    assert paths(line) == ["POST message/reply", "POST message/push"]
    assert line.bodies[1] == {"to": WHO, "messages": [{"type": "text", "text": "hi"}]}


async def test_without_a_token_it_is_pushed(line: Answering) -> None:
    await line.send(out("hi"))
    assert paths(line) == ["POST message/push"]


async def test_a_push_that_is_tried_again_has_the_same_key(line: Answering) -> None:
    line.answers = [Raw(b"", 500), Raw({"message": "The retry key is already accepted"} | TAKEN, 409)]
    assert (await failed(line.send(out("hi")))).code is SendCode.UNAVAILABLE
    assert await line.send(out("hi")) == Sent("461230966842064897")
    first, again = (one.headers["x-line-retry-key"] for one in line.asked)
    assert first == again == str(uuid.UUID(first))


async def test_what_had_been_taken_before_is_sent_even_if_nobody_knows_its_id(line: Answering) -> None:
    line.answers = [Raw({"message": "The retry key is already accepted"}, 409)]
    assert await line.send(out("hi")) == Sent("")


async def test_another_message_has_another_key(line: Answering) -> None:
    """Two desks with one account may count alike: then a message of one must not pass for the other's."""
    for outgoing in (
        out("hi"),
        out("hi", key="frontdesk-18"),
        out("hello"),
        out("hi", Thread("U0")),
    ):
        await line.send(outgoing)
    assert len({one.headers["x-line-retry-key"] for one in line.asked}) == 4
    await line.send(out("hi", key=""))
    assert "x-line-retry-key" not in line.asked[-1].headers


async def test_another_fault_of_a_reply_is_no_reason_to_push(line: Answering) -> None:
    line.answers = [Raw({"message": "The request body has 1 error(s)"}, 400)]
    assert (await failed(line.send(out("hi", NEWEST)))).code is SendCode.PERMANENT
    assert paths(line) == ["POST message/reply"]


# --- what goes ----------------------------------------------------------------------------------------------


async def test_the_newest_message_is_quoted_and_no_other(line: Answering) -> None:
    await line.send(out("this one", NEWEST, reply_to="5001"))
    await line.send(out("that one", NEWEST, reply_to="4999"))
    newest, older = (body["messages"][0] for body in line.bodies)
    assert (newest.get("quoteToken"), older.get("quoteToken")) == ("q1", None)


async def test_buttons_are_quick_replies_under_the_last_message(line: Answering) -> None:
    buttons = (Button("An answer that is too long", "order:17"), Button("Site", url="https://example.com"))
    photo = Attachment(MediaKind.PHOTO)
    await line.send(out("?", attachment=photo, buttons=buttons), media("a.jpg", "image/jpeg", url=URL))
    image, text = line.bodies[0]["messages"]
    assert "quickReply" not in image
    ours, link = (item["action"] for item in text["quickReply"]["items"])
    assert ours == {
        "type": "postback",
        "label": "An answer that is to",
        "displayText": "An answer that is too long",
        "data": 'frontdesk:["order:17","An answer that is too long"]',
    }
    assert link == {"type": "uri", "label": "Site", "uri": "https://example.com"}


async def test_a_title_stays_behind_when_it_does_not_fit(line: Answering) -> None:
    await line.send(out("?", buttons=(Button("x" * 300, "order:17"),)))
    (message,) = line.bodies[0]["messages"]
    assert message["quickReply"]["items"][0]["action"]["data"] == 'frontdesk:["order:17"]'


@pytest.mark.parametrize(
    ("kind", "mime", "size", "seconds", "sent"),
    [
        (MediaKind.PHOTO, "image/jpeg", 3, "", "image"),
        (MediaKind.PHOTO, "image/jpeg", 10 * 1024 * 1024 + 1, "", "text"),
        (MediaKind.PHOTO, "image/webp", 3, "", "text"),
        (MediaKind.AUDIO, "audio/mpeg", 3, "9", "audio"),
        (MediaKind.AUDIO, "audio/mpeg", 3, "", "text"),
        (MediaKind.VOICE, "audio/ogg", 3, "9", "text"),
        (MediaKind.VIDEO, "video/mp4", 3, "9", "text"),
        (MediaKind.FILE, "application/pdf", 3, "", "text"),
    ],
)
async def test_a_file_goes_by_its_address_or_as_a_link(
    line: Answering, kind: MediaKind, mime: str, size: int, seconds: str, sent: str
) -> None:
    attachment = Attachment(kind, data={"duration": seconds} if seconds else {})
    await line.send(out("вот", attachment=attachment), media("план.pdf", mime, size, URL))
    file, text = line.bodies[0]["messages"]
    assert text == {"type": "text", "text": "вот"}
    assert (
        file
        == {
            "image": {"type": "image", "originalContentUrl": URL, "previewImageUrl": URL},
            "audio": {"type": "audio", "originalContentUrl": URL, "duration": 9000},
            "text": {"type": "text", "text": f"план.pdf\n{URL}"},
        }[sent]
    )


@pytest.mark.parametrize("given", [None, media()])
async def test_without_a_public_address_no_file_is_tried(line: Answering, given: Any) -> None:
    error = await failed(line.send(out(attachment=Attachment(MediaKind.FILE)), given))
    assert (error.code, line.asked) == (SendCode.BAD_MEDIA, [])
    assert "FRONTDESK_PUBLIC_URL" in error.detail


async def test_nothing_is_no_message(line: Answering) -> None:
    assert (await failed(line.send(out(buttons=(Button("a", "b"),))))).code is SendCode.PERMANENT
    assert line.asked == []


async def test_reading_and_typing_are_shown(line: Answering) -> None:
    line.answers = [{}]
    assert await line.send(out(thread=NEWEST, verb=Verb.READ, target="5001")) == Sent("5001")
    assert await line.send(out(verb=Verb.READ, target="5001")) == Sent("")  # no token, nothing to do
    line.answers = [Raw({}, 202), Raw({"message": "?"}, 400)]
    for _ in range(2):
        await LINE.typing(line.http, line.source, written(NEWEST))
    assert paths(line) == ["POST chat/markAsRead", *["POST chat/loading/start"] * 2]
    assert line.bodies[:2] == [{"markAsReadToken": "m1"}, {"chatId": WHO, "loadingSeconds": 5}]


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Raw({"message": "Failed to send messages"}, 400), SendCode.PERMANENT),
        (Raw({"message": "Authentication failed"}, 401), SendCode.MISCONFIGURED),
        (Raw({"message": "Access to this API is not available"}, 403), SendCode.PERMANENT),
        (Raw({"message": "Not found"}, 404), SendCode.PERMANENT),
        (Raw({"message": "Payload too large"}, 413), SendCode.TOO_LONG),
        (Raw({"message": "The API rate limit has been exceeded."}, 429), SendCode.RETRY),
        (Raw({"message": "You have reached your monthly limit."}, 429), SendCode.PERMANENT),
        (Raw({"message": "Internal server error"}, 500), SendCode.UNAVAILABLE),
        (Raw(b"<html>Bad Gateway</html>", 502), SendCode.UNAVAILABLE),
        (Raw(b"<html>Welcome</html>"), SendCode.UNAVAILABLE),
        (Raw(b'{"sent'), SendCode.UNAVAILABLE),
        (Raw(["?"], 400), SendCode.PERMANENT),
        ("lost", SendCode.UNAVAILABLE),
        (Raw(b"", 302, {"Location": "http://127.0.0.1:1/"}), SendCode.MISCONFIGURED),
    ],
)
async def test_a_failure_is_one_of_our_closed_set(line: Answering, answer: Any, code: SendCode) -> None:
    line.answers = [answer]
    error = await failed(line.send(out("hi")))
    assert error.code is code
    if isinstance(answer, Raw) and isinstance(answer.body, dict):
        assert answer.body["message"] in error.detail


async def test_details_are_told_and_a_wait_is_understood(line: Answering) -> None:
    details = [{"message": "May not be empty", "property": "messages[0].text"}, {"message": "?"}]
    line.answers = [
        Raw({"message": "The request body has 2 error(s)", "details": details}, 400),
        Raw({"message": "Slow down"}, 429, {"Retry-After": "7"}),
    ]
    assert "messages[0].text May not be empty; ?" in (await failed(line.send(out("hi")))).detail
    assert (await failed(line.send(out("hi")))).retry_after == 7.0


@pytest.mark.parametrize("odd", [{}, [], "ok", {"sentMessages": "?"}, {"sentMessages": [{"id": {}}]}])
async def test_taken_with_an_odd_answer_is_taken(line: Answering, odd: Any) -> None:
    line.answers = [odd]
    assert await line.send(out("hi")) == Sent("")


async def test_the_token_gets_nowhere(line: Answering, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    line.answers = [Raw({"message": "Authentication failed"}, 401)]
    error = await failed(line.send(out("hi")))
    told = "".join(traceback.format_exception(error)) + repr(error.__dict__) + repr(line.source.settings)
    assert SETTINGS["access_token"] not in told + caplog.text
    for field in LINE.settings.model_fields.values():
        assert field.description


def test_a_thread_is_text_and_back() -> None:
    for thread in (NEWEST, Thread(WHO), Thread(WHO, reply="r1"), Thread(WHO, message="5001")):
        text = written(thread)
        assert (text == WHO) == (thread == Thread(WHO))
        assert understood(text) == thread
