"""What MAX's Bot API answers, also when it lies, breaks or stays away; requests as they cross the wire."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from answering import failed, flow

from channels import max as channel
from channels.kit.contract import Source
from channels.max import outbound
from leads.events import (
    Attachment,
    Button,
    Media,
    MediaKind,
    Outgoing,
    SendCode,
    Sent,
    Span,
    Verb,
)
from scheduler.clock import real_now

TOKEN = "canaryTokenThatNobodyMaySee_0123456789"
SETTINGS = {"token": TOKEN, "secret": "s" * 32, "username": "lavka_bot"}
SENT = {"message": {"timestamp": 1768471200000, "recipient": {}, "body": {"mid": "mid.b1", "seq": 1}}}
DONE = {"success": True}


@dataclass(frozen=True)
class Raw:
    """An answer that is not a 200 with JSON."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        told = isinstance(self.body, dict | list)
        raw = json.dumps(self.body).encode() if told else self.body
        return web.Response(status=self.status, body=raw, headers=self.headers)


@dataclass
class Vendor:
    """Answers in turn as told, the last answer for ever; remembers what was asked."""

    answers: list[Any] = field(default_factory=lambda: [SENT])
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    url: str = ""
    http: aiohttp.ClientSession = field(init=False)
    source: Source = field(init=False)

    async def send(self, outgoing: Outgoing, media: Media | None = None) -> Sent:
        return await channel.send(self.http, self.source, outgoing, media)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((f"{request.method} {request.path}", dict(request.query), await body(request)))
        self.tokens.add(request.headers.get("Authorization"))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "lost":
            assert request.transport
            request.transport.close()
        return (answer if isinstance(answer, Raw) else Raw(answer)).response()

    @property
    def calls(self) -> list[str]:
        return [what for what, _, _ in self.asked]

    def fails(self, status: int, code: str, message: str = "", headers: dict[str, str] | None = None) -> None:
        self.answers = [refusal(status, code, message, headers)]


async def body(request: web.Request) -> Any:
    if request.content_type == "multipart/form-data":
        part = await (await request.multipart()).next()
        assert isinstance(part, aiohttp.BodyPartReader)
        return part.name, part.filename, part.headers["Content-Type"], await part.read()
    return await request.json() if request.can_read_body else None


def refusal(status: int, code: str, message: str = "", headers: dict[str, str] | None = None) -> Raw:
    return Raw({"code": code, "message": message}, status, headers or {})


@pytest.fixture
async def vendor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
    monkeypatch.setattr(outbound, "PAUSES", (0.0,) * 5)
    vendor = Vendor()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", vendor.handle)
    settings = channel.settings.model_validate(SETTINGS)
    async with TestServer(app) as server, aiohttp.ClientSession() as vendor.http:
        vendor.url = str(server.make_url("/")).rstrip("/")
        vendor.source = Source(1, "max", "shop", settings, api_base=vendor.url + "/")
        yield vendor


def media(*chunks: bytes, name: str = "a.pdf", mime: str = "application/pdf") -> Media:
    return Media(name, mime, None, flow(*chunks))


def out(text: str = "hi", **more: Any) -> Outgoing:
    return Outgoing("9001", text, **more)


FILE = Attachment(MediaKind.FILE)


# --- messages -----------------------------------------------------------------------------------------------


async def test_a_text_goes_to_the_chat_as_it_is(vendor: Vendor) -> None:
    assert await vendor.send(out("<b>_*&amp;")) == Sent("mid.b1", datetime(2026, 1, 15, 10, tzinfo=UTC))
    assert vendor.asked == [("POST /messages", {"chat_id": "9001"}, {"text": "<b>_*&amp;"})]
    assert vendor.tokens == {TOKEN}


async def test_formatting_goes_as_html_and_the_text_stays_text(vendor: Vendor) -> None:
    spans = (Span("bold", 3, 4), Span("italic", 5, 4), Span("link", 9, 1, url='https://x.y/?a=1&b="'))
    await vendor.send(out("😀 a<b>c&d", spans=spans))
    said = '😀 <b>a&lt;</b><b><i>b&gt;</i></b><i>c&amp;</i><a href="https://x.y/?a=1&amp;b=&quot;">d</a>'
    assert vendor.asked[0][2] == {"text": said, "format": "html"}


async def test_a_mark_that_max_lacks_is_left_out(vendor: Vendor) -> None:
    await vendor.send(out(spans=(Span("spoiler", 0, 1), Span("link", 0, 1), Span("bold", 0, 0))))
    assert vendor.asked[0][2] == {"text": "hi"}


async def test_formatting_that_makes_a_text_too_long_is_left_out(vendor: Vendor) -> None:
    await vendor.send(out("&" * 1000, spans=(Span("bold", 0, 1000),)))
    assert vendor.asked[0][2] == {"text": "&" * 1000}


async def test_an_answer_names_the_message_that_it_answers(vendor: Vendor) -> None:
    await vendor.send(out(reply_to="mid.a1"))
    assert vendor.asked[0][2] == {"text": "hi", "link": {"type": "reply", "mid": "mid.a1"}}


async def test_buttons_call_back_or_open_a_link(vendor: Vendor) -> None:
    await vendor.send(out(buttons=(Button("Да", data="cb:1"), Button("Сайт", url="https://x.y"))))
    rows = [
        [{"type": "callback", "text": "Да", "payload": "cb:1"}],
        [{"type": "link", "text": "Сайт", "url": "https://x.y"}],
    ]
    assert vendor.asked[0][2]["attachments"] == [{"type": "inline_keyboard", "payload": {"buttons": rows}}]


async def test_an_edit_leaves_files_and_buttons_alone(vendor: Vendor) -> None:
    vendor.answers = [DONE]
    assert await vendor.send(out("new", verb=Verb.EDIT, target="mid.b1")) == Sent("mid.b1")
    assert vendor.asked == [("PUT /messages", {"message_id": "mid.b1"}, {"text": "new"})]


async def test_a_message_is_taken_back(vendor: Vendor) -> None:
    vendor.answers = [DONE, refusal(404, "not.found", "Message not found")]
    for _ in range(2):
        assert await vendor.send(out("", verb=Verb.DELETE, target="mid.b1")) == Sent("mid.b1")
    assert vendor.asked == [("DELETE /messages", {"message_id": "mid.b1"}, None)] * 2


async def test_read_marks_and_typing_are_acts_in_the_chat(vendor: Vendor) -> None:
    vendor.answers = [DONE, DONE, refusal(403, "chat.denied")]
    await vendor.send(out("", verb=Verb.READ, target="mid.a1"))
    for _ in range(2):
        await channel.typing(vendor.http, vendor.source, "9001")
    acts = ["mark_seen", "typing_on", "typing_on"]
    assert vendor.asked == [("POST /chats/9001/actions", {}, {"action": act}) for act in acts]


@pytest.mark.parametrize("recipient", ["@lavka", "", "90 01", "٩٠", "9" * 30, "9001/../me"])
async def test_only_a_number_is_a_chat(vendor: Vendor, recipient: str) -> None:
    for verb in (Verb.SEND, Verb.READ):
        error = await failed(vendor.send(Outgoing(recipient, "hi", verb=verb)))
        assert (error.code, vendor.asked) == (SendCode.PERMANENT, [])


@pytest.mark.parametrize("outgoing", [out(verb=Verb.EDIT), out(verb=Verb.DELETE), out("👍", verb=Verb.REACT)])
async def test_what_cannot_be_done_is_not_tried(vendor: Vendor, outgoing: Outgoing) -> None:
    assert (await failed(vendor.send(outgoing))).code is SendCode.PERMANENT
    assert vendor.asked == []


@pytest.mark.parametrize("answer", [{}, {"message": None}, {"message": {"body": {"mid": {}}}}, []])
async def test_what_was_taken_is_not_sent_again_because_of_an_odd_answer(vendor: Vendor, answer: Any) -> None:
    vendor.answers = [answer]
    assert await vendor.send(out()) == Sent("")
    assert vendor.calls == ["POST /messages"]


# --- failures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (401, "verify.token", "Invalid access_token", SendCode.MISCONFIGURED),
        (403, "chat.denied", "Key: error.dialog.suspended, args: [501,].", SendCode.BLOCKED),
        (403, "error.dialog.suspended", "", SendCode.BLOCKED),
        (403, "access.denied", "", SendCode.BLOCKED),
        (404, "chat.not.found", "Chat not found", SendCode.BLOCKED),
        (404, "not.found", "Message not found", SendCode.PERMANENT),
        (400, "proto.payload", "text: size must be between 0 and 4000", SendCode.TOO_LONG),
        (400, "proto.payload", "errors.process.attachment.image.broken", SendCode.BAD_MEDIA),
        (413, "too.large", "", SendCode.BAD_MEDIA),
        (400, "proto.payload", "something of next year", SendCode.PERMANENT),
        (405, "method.not.allowed", "", SendCode.PERMANENT),
        (429, "too.many.requests", "", SendCode.RETRY),
        (500, "internal.error", "", SendCode.UNAVAILABLE),
        (503, "service.unavailable", "", SendCode.UNAVAILABLE),
        (302, "", "", SendCode.MISCONFIGURED),
    ],
)
async def test_a_failure_in_our_words_with_theirs_beside_it(
    vendor: Vendor, status: int, code: str, message: str, expected: SendCode
) -> None:
    vendor.fails(status, code, message)
    error = await failed(vendor.send(out()))
    assert error.code is expected
    assert code in error.detail
    assert message in error.detail


async def test_a_200_may_be_a_refusal(vendor: Vendor) -> None:
    vendor.answers = [{"success": False, "message": "Message is too old to be edited"}]
    error = await failed(vendor.send(out(verb=Verb.EDIT, target="mid.b1")))
    assert (error.code, error.detail) == (
        SendCode.PERMANENT,
        "PUT /messages: 400 Message is too old to be edited",
    )


async def test_a_429_says_how_long(vendor: Vendor) -> None:
    vendor.fails(429, "too.many.requests", headers={"Retry-After": "3"})
    assert (await failed(vendor.send(out()))).retry_after == 3.0


@pytest.mark.parametrize("answer", [Raw(b"<html>"), Raw(b"<html>", 502), "lost", Raw(b'{"mess')])
async def test_a_broken_answer_is_the_server_s_trouble(vendor: Vendor, answer: Any) -> None:
    vendor.answers = [answer]
    assert (await failed(vendor.send(out()))).code is SendCode.UNAVAILABLE


@pytest.mark.parametrize(
    "answer", [refusal(400, "proto.payload", f"no {TOKEN}"), Raw(TOKEN.encode(), 404), "lost", Raw(b"", 302)]
)
async def test_the_token_is_in_no_error_and_no_log(
    vendor: Vendor, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vendor.answers = [answer]
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: vendor.send(out()),
        lambda: vendor.send(out(attachment=FILE), media(b"x")),
        lambda: channel.poll(vendor.http, vendor.source, "", real_now),
        lambda: channel.probe(vendor.http, vendor.source),
        lambda: channel.fetch_media(vendor.http, vendor.source, Attachment(MediaKind.VIDEO, ref="videos/v1")),
    ]
    for attempt in attempts:
        error = await failed(attempt())
        told = "".join(traceback.format_exception(error)) + repr(error) + error.detail
        assert "canary" not in told
    ours = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    assert not [line for line in ours if "canary" in line]


# --- files out ----------------------------------------------------------------------------------------------

XML = Raw(b"<retval>1</retval>", headers={"Content-Type": "text/xml"})
PHOTOS = {"photos": {"3JJvlQ==": {"token": "t1"}}}


@pytest.mark.parametrize(
    ("kind", "type_", "early", "uploaded"),
    [
        (MediaKind.PHOTO, "image", "", PHOTOS),
        (MediaKind.FILE, "file", "", {"fileId": 7, "token": "t1"}),
        (MediaKind.VIDEO, "video", "t1", XML),
        (MediaKind.VOICE, "audio", "t1", XML),
        (MediaKind.AUDIO, "audio", "t1", {"token": "another"}),
    ],
)
async def test_a_file_is_uploaded_and_sent_by_its_token(
    vendor: Vendor, kind: MediaKind, type_: str, early: str, uploaded: Any
) -> None:
    place = {"url": f"{vendor.url}/there?sig=1"} | ({"token": early} if early else {})
    vendor.answers = [place, uploaded, SENT]
    await vendor.send(out("вот", attachment=Attachment(kind)), media(b"one", b"two", name="План «А».pdf"))
    assert vendor.asked == [
        ("POST /uploads", {"type": type_}, None),
        ("POST /there", {"sig": "1"}, ("data", "План «А».pdf", "application/pdf", b"onetwo")),
        (
            "POST /messages",
            {"chat_id": "9001"},
            {"text": "вот", "attachments": [{"type": type_, "payload": {"token": "t1"}}]},
        ),
    ]


async def test_the_token_stays_with_the_api(vendor: Vendor) -> None:
    vendor.answers = [{"url": f"{vendor.url}/there"}]
    await failed(vendor.send(out(attachment=FILE), media(b"x")))
    assert vendor.calls == ["POST /uploads", "POST /there"]
    assert vendor.tokens == {TOKEN, None}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.2:1/x", "ftp://x.y/z", "/there", "https://[", "file:///etc/passwd"]
)
async def test_a_file_goes_to_no_odd_address(vendor: Vendor, url: str) -> None:
    vendor.answers = [{"url": url}]
    error = await failed(vendor.send(out(attachment=FILE), media(b"x")))
    assert (error.code, vendor.calls) == (SendCode.BAD_MEDIA, ["POST /uploads"])


@pytest.mark.parametrize("answer", [{}, {"photos": {}}, {"photos": {"a": {"token": ""}}}, {"token": [5]}])
async def test_a_file_without_a_token_is_bad_media(vendor: Vendor, answer: Any) -> None:
    vendor.answers = [{"url": f"{vendor.url}/there"}, answer]
    assert (await failed(vendor.send(out(attachment=FILE), media(b"x")))).code is SendCode.BAD_MEDIA


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, SendCode.BAD_MEDIA),
        (403, SendCode.BAD_MEDIA),
        (429, SendCode.RETRY),
        (502, SendCode.UNAVAILABLE),
    ],
)
async def test_what_the_upload_s_server_refuses_is_the_file(
    vendor: Vendor, status: int, expected: SendCode
) -> None:
    vendor.answers = [{"url": f"{vendor.url}/there", "token": "t1"}, Raw(b"<error/>", status)]
    assert (await failed(vendor.send(out(attachment=FILE), media(b"x")))).code is expected


async def test_a_message_waits_for_its_file_and_is_uploaded_once(vendor: Vendor) -> None:
    unready = refusal(400, "attachment.not.ready", "Key: errors.process.attachment.file.not.processed")
    vendor.answers = [{"url": f"{vendor.url}/there"}, {"token": "t1"}, unready, unready, SENT]
    assert (await vendor.send(out(attachment=FILE), media(b"x"))).external_id == "mid.b1"
    assert vendor.calls == ["POST /uploads", "POST /there", *["POST /messages"] * 3]


async def test_a_file_that_is_not_ready_for_long_is_tried_later(vendor: Vendor) -> None:
    unready = refusal(400, "proto.payload", "errors.process.attachment.video.not.processed")
    vendor.answers = [{"url": f"{vendor.url}/there"}, {"token": "t1"}, unready]
    assert (await failed(vendor.send(out(attachment=FILE), media(b"x")))).code is SendCode.RETRY
    assert vendor.calls.count("POST /messages") == 6


async def test_a_429_is_not_a_file_that_is_not_ready(vendor: Vendor) -> None:
    vendor.fails(429, "too.many.requests")
    await failed(vendor.send(out()))
    assert vendor.calls == ["POST /messages"]


@pytest.mark.parametrize(
    ("attachment", "bytes_"), [(FILE, None), (Attachment(MediaKind.STICKER), media(b"x"))]
)
async def test_what_cannot_go_is_not_uploaded(
    vendor: Vendor, attachment: Attachment, bytes_: Media | None
) -> None:
    error = await failed(vendor.send(out(attachment=attachment), bytes_))
    assert (error.code, vendor.asked) == (SendCode.BAD_MEDIA, [])


# --- files in -----------------------------------------------------------------------------------------------


async def test_a_file_is_fetched_from_its_link_without_the_token(vendor: Vendor) -> None:
    vendor.answers = [Raw(b"%PDF", headers={"Content-Type": "application/pdf"})]
    wanted = Attachment(MediaKind.FILE, ref=f"{vendor.url}/f/1?sig=2", name="План.pdf")
    got = await channel.fetch_media(vendor.http, vendor.source, wanted)
    assert (got.name, got.mime, got.size) == ("План.pdf", "application/pdf", 4)
    assert b"".join([chunk async for chunk in got.chunks]) == b"%PDF"
    assert (vendor.asked, vendor.tokens) == ([("GET /f/1", {"sig": "2"}, None)], {None})


async def test_a_video_s_link_is_asked_for(vendor: Vendor) -> None:
    urls = {
        "mp4_1080": f"{vendor.url}/v/1080",
        "mp4_480": f"{vendor.url}/v/480",
        "hls": f"{vendor.url}/v/hls",
    }
    vendor.answers = [{"token": "v/1", "urls": urls, "duration": 9}, Raw(b"moov")]
    got = await channel.fetch_media(vendor.http, vendor.source, Attachment(MediaKind.VIDEO, ref="videos/v/1"))
    assert b"".join([chunk async for chunk in got.chunks]) == b"moov"
    assert vendor.calls == ["GET /videos/v/1", "GET /v/480"]


@pytest.mark.parametrize("answer", [{}, {"urls": None}, {"urls": {"hls": "https://x.y"}}, {"urls": []}])
async def test_a_video_without_a_file_is_bad_media(vendor: Vendor, answer: Any) -> None:
    vendor.answers = [answer]
    wanted = Attachment(MediaKind.VIDEO, ref="videos/v1")
    assert (await failed(channel.fetch_media(vendor.http, vendor.source, wanted))).code is SendCode.BAD_MEDIA
