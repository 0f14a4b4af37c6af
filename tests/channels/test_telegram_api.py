"""What the Bot API answers, also when it lies, breaks or stays away; requests as they cross the wire."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from answering import failed, flow

from channels import telegram
from channels.kit.contract import Source
from leads.events import Attachment, Media, MediaKind, Outgoing, SendCode, Sent, Span, Verb
from scheduler.clock import real_now

TOKEN = "4200000001:AAcanaryTokenThatNobodyMaySee_01234"
SENT = {"ok": True, "result": {"message_id": 9, "date": 1768471200}}


@dataclass(frozen=True)
class Raw:
    """An answer that is not the Bot API's JSON."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Vendor:
    """Answers in turn as told, the last answer for ever; remembers what was asked."""

    answers: list[Any] = field(default_factory=lambda: [SENT])
    asked: list[tuple[str, Any]] = field(default_factory=list)
    files: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    http: aiohttp.ClientSession = field(init=False)
    source: Source = field(init=False)

    async def send(self, outgoing: Outgoing, media: Media | None = None) -> Sent:
        return await telegram.send(self.http, self.source, outgoing, media)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path.partition(TOKEN)[2].strip("/"), await self._params(request)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "lost":
            assert request.transport
            request.transport.close()
        if isinstance(answer, dict):
            return web.json_response(answer, status=answer.get("error_code", 200))
        raw = answer if isinstance(answer, Raw) else Raw()
        body = raw.body.encode() if isinstance(raw.body, str) else raw.body
        return web.Response(status=raw.status, body=body, headers=raw.headers)

    async def _params(self, request: web.Request) -> Any:
        if request.content_type != "multipart/form-data":
            return await request.json() if request.can_read_body else None
        params: dict[str | None, str] = {}
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader)
            if part.filename:
                mime = part.headers["Content-Type"]
                self.files[part.name or ""] = part.filename, mime, await part.read()
            else:
                params[part.name] = await part.text()
        return params

    def fails(self, code: int, description: str, **parameters: Any) -> None:
        self.answers = [failure(code, description, **parameters)]


def failure(code: int, description: str, **parameters: Any) -> dict[str, Any]:
    more = {"parameters": parameters} if parameters else {}
    return {"ok": False, "error_code": code, "description": description} | more


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    vendor = Vendor()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", vendor.handle)
    settings = telegram.settings.model_validate({"token": TOKEN, "secret": "s" * 32, "username": "Shop_bot"})
    async with TestServer(app) as server, aiohttp.ClientSession() as vendor.http:
        vendor.source = Source(1, "telegram", "shop", settings, api_base=str(server.make_url("/")))
        yield vendor


def media(
    *chunks: bytes, name: str = "a.pdf", mime: str = "application/pdf", size: int | None = None
) -> Media:
    return Media(name, mime, size, flow(*chunks))


def out(text: str = "hi", **more: Any) -> Outgoing:
    return Outgoing("700", text, **more)


FILE = Attachment(MediaKind.FILE)


# --- requests -----------------------------------------------------------------------------------------------


async def test_text_goes_as_it_is_with_its_formatting_beside_it(vendor: Vendor) -> None:
    spans = (Span("bold", 0, 2), Span("link", 3, 4, url="https://x.y"), Span("pre", 7, 1, language="py"))
    sent = await vendor.send(out("<b>_*[x](y)&amp;", spans=spans))
    assert sent == Sent("9", datetime(2026, 1, 15, 10, tzinfo=UTC))
    entities = [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "text_link", "offset": 3, "length": 4, "url": "https://x.y"},
        {"type": "pre", "offset": 7, "length": 1, "language": "py"},
    ]
    params = {"chat_id": 700, "text": "<b>_*[x](y)&amp;", "entities": entities}
    assert vendor.asked == [("sendMessage", params)]


async def test_a_mark_that_telegram_lacks_is_left_out(vendor: Vendor) -> None:
    await vendor.send(out(spans=(Span("blink", 0, 1), Span("link", 0, 1))))
    assert vendor.asked == [("sendMessage", {"chat_id": 700, "text": "hi"})]


async def test_an_answer_does_not_depend_on_the_quoted_message(vendor: Vendor) -> None:
    await vendor.send(out(reply_to="55"))
    quoted = {"message_id": 55, "allow_sending_without_reply": True}
    assert vendor.asked[0][1]["reply_parameters"] == quoted


@pytest.mark.parametrize(
    ("kind", "method", "part"),
    [
        (MediaKind.PHOTO, "sendPhoto", "photo"),
        (MediaKind.VIDEO, "sendVideo", "video"),
        (MediaKind.VOICE, "sendVoice", "voice"),
        (MediaKind.AUDIO, "sendAudio", "audio"),
        (MediaKind.FILE, "sendDocument", "document"),
    ],
)
async def test_a_file_goes_with_its_name_and_caption(
    vendor: Vendor, kind: MediaKind, method: str, part: str
) -> None:
    outgoing = out("вот", attachment=Attachment(kind), spans=(Span("bold", 0, 3),), reply_to="5")
    await vendor.send(outgoing, media(b"one", b"two", name="План «А».pdf"))
    ((asked, params),) = vendor.asked
    assert asked == method
    assert (params["chat_id"], params["caption"]) == ("700", "вот")
    assert json.loads(params["caption_entities"]) == [{"type": "bold", "offset": 0, "length": 3}]
    assert json.loads(params["reply_parameters"])["message_id"] == 5
    assert vendor.files == {part: ("План «А».pdf", "application/pdf", b"onetwo")}


async def test_a_name_and_a_type_cannot_add_headers(vendor: Vendor) -> None:
    nasty = media(b"x", name='a"; name="text"\r\nX: \ud83d../b', mime="text/html\r\nX: y")
    await vendor.send(out(attachment=FILE), nasty)
    ((name, mime, raw),) = vendor.files.values()
    assert (mime, raw) == ("application/octet-stream", b"x")
    assert not set('"\r\n/') & set(name)


async def test_a_photo_too_big_for_a_photo_goes_as_a_document(vendor: Vendor) -> None:
    photo = Attachment(MediaKind.PHOTO)
    await vendor.send(out(attachment=photo), media(b"x", size=10 * 1024 * 1024 + 1))
    assert vendor.asked[0][0] == "sendDocument"


@pytest.mark.parametrize(
    ("attachment", "bytes_"),
    [
        (FILE, media(b"x", size=50 * 1024 * 1024 + 1)),
        (FILE, None),
        (Attachment(MediaKind.STICKER), media(b"x")),
    ],
)
async def test_what_cannot_go_is_not_tried(
    vendor: Vendor, attachment: Attachment, bytes_: Media | None
) -> None:
    error = await failed(vendor.send(out(attachment=attachment), bytes_))
    assert (error.code, vendor.asked) == (SendCode.BAD_MEDIA, [])


@pytest.mark.parametrize("recipient", ["@durov", "", "7 00", "٧٠٠", "7" * 30])
async def test_only_a_number_is_a_recipient(vendor: Vendor, recipient: str) -> None:
    error = await failed(vendor.send(Outgoing(recipient, "hi")))
    assert (error.code, vendor.asked) == (SendCode.PERMANENT, [])


async def test_an_edit_of_a_text(vendor: Vendor) -> None:
    assert (await vendor.send(out("new", verb=Verb.EDIT, target="9"))).external_id == "9"
    assert vendor.asked == [("editMessageText", {"chat_id": 700, "message_id": 9, "text": "new"})]


async def test_an_edit_of_a_caption_with_or_without_the_file_named(vendor: Vendor) -> None:
    await vendor.send(out("new", verb=Verb.EDIT, target="9", attachment=FILE))
    no_text = failure(400, "Bad Request: there is no text in the message to edit")
    vendor.answers = [no_text, SENT]
    await vendor.send(out("new", verb=Verb.EDIT, target="9"))
    methods = [method for method, _ in vendor.asked]
    assert methods == ["editMessageCaption", "editMessageText", "editMessageCaption"]
    assert vendor.asked[0][1] == vendor.asked[2][1] == {"chat_id": 700, "message_id": 9, "caption": "new"}


async def test_an_edit_that_changes_nothing_is_done(vendor: Vendor) -> None:
    vendor.fails(400, "Bad Request: message is not modified: specified new message content is the same")
    assert await vendor.send(out(verb=Verb.EDIT, target="9")) == Sent("9")


async def test_typing_is_shown_and_its_failure_is_nobody_s_business(vendor: Vendor) -> None:
    vendor.answers = [{"ok": True, "result": True}, failure(403, "Forbidden: bot was blocked by the user")]
    for _ in range(2):
        await telegram.typing(vendor.http, vendor.source, "700")
    assert vendor.asked == [("sendChatAction", {"chat_id": 700, "action": "typing"})] * 2


# --- failures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "description", "expected"),
    [
        (400, "Bad Request: message is too long", SendCode.TOO_LONG),
        (400, "Bad Request: message caption is too long", SendCode.TOO_LONG),
        (400, "Bad Request: MEDIA_CAPTION_TOO_LONG", SendCode.TOO_LONG),
        (400, "Bad Request: chat not found", SendCode.BLOCKED),
        (400, "Bad Request: PEER_ID_INVALID", SendCode.BLOCKED),
        (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", SendCode.BAD_MEDIA),
        (400, "Bad Request: IMAGE_PROCESS_FAILED", SendCode.BAD_MEDIA),
        (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", SendCode.BAD_MEDIA),
        (400, "Bad Request: file must be non-empty", SendCode.BAD_MEDIA),
        (400, "Bad Request: message text is empty", SendCode.PERMANENT),
        (400, "Bad Request: message to edit not found", SendCode.PERMANENT),
        (400, "", SendCode.PERMANENT),
        (401, "Unauthorized", SendCode.MISCONFIGURED),
        (403, "Forbidden: bot was blocked by the user", SendCode.BLOCKED),
        (403, "Forbidden: user is deactivated", SendCode.BLOCKED),
        (403, "Forbidden: bot can't initiate conversation with a user", SendCode.BLOCKED),
        (404, "Not Found", SendCode.MISCONFIGURED),
        (409, "Conflict: terminated by other getUpdates request", SendCode.UNAVAILABLE),
        (413, "Request Entity Too Large", SendCode.BAD_MEDIA),
        (418, "I'm a teapot", SendCode.PERMANENT),
        (500, "Internal Server Error: restart", SendCode.UNAVAILABLE),
        (502, "Bad Gateway", SendCode.UNAVAILABLE),
    ],
)
async def test_each_failure_has_its_meaning(
    vendor: Vendor,
    code: int,
    description: str,
    expected: SendCode,
) -> None:
    vendor.fails(code, description)
    error = await failed(vendor.send(out()))
    assert error.code is expected
    assert description in error.detail


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (failure(429, "Too Many Requests: retry after 17", retry_after=17), 17),
        (failure(429, "Too Many Requests", retry_after="soon"), None),
        (Raw(status=429, headers={"Retry-After": "3"}), 3),
        (Raw(status=429), None),
    ],
)
async def test_too_many_waits_as_long_as_told(vendor: Vendor, answer: Any, wait: float | None) -> None:
    vendor.answers = [answer]
    error = await failed(vendor.send(out()))
    assert (error.code, error.retry_after) == (SendCode.RETRY, wait)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Raw("<html>maintenance</html>"), SendCode.UNAVAILABLE),
        (Raw(b"[" * 100_000), SendCode.UNAVAILABLE),
        (Raw(b" " * (2 << 20)), SendCode.UNAVAILABLE),
        (Raw("[1]"), SendCode.UNAVAILABLE),
        (Raw('{"ok": "yes"}'), SendCode.UNAVAILABLE),
        (Raw('{"ok": false, "error_code": 403, "description": "x"}'), SendCode.BLOCKED),
        (Raw('{"ok": false, "error_code": {"a": 1}}', 400), SendCode.PERMANENT),
        (Raw(status=302, headers={"Location": "/elsewhere"}), SendCode.MISCONFIGURED),
        ("lost", SendCode.UNAVAILABLE),
    ],
)
async def test_an_odd_answer_is_no_success(vendor: Vendor, answer: Any, expected: SendCode) -> None:
    vendor.answers = [answer]
    assert (await failed(vendor.send(out()))).code is expected
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("result", [None, True, [], {"message_id": "nine"}])
async def test_ok_is_sent_whatever_the_result(vendor: Vendor, result: object) -> None:
    vendor.answers = [{"ok": True, "result": result}]
    assert await vendor.send(out()) == Sent("")


async def test_nobody_at_home(vendor: Vendor) -> None:
    nowhere = replace(vendor.source, api_base="http://127.0.0.1:1")
    assert (await failed(telegram.send(vendor.http, nowhere, out(), None))).code is SendCode.UNAVAILABLE


@pytest.mark.parametrize(
    "answer",
    [
        Raw(status=404, body=f"<h1>/bot{TOKEN}/sendMessage was not found</h1>"),
        Raw(status=302, headers={"Location": f"http://127.0.0.1:1/bot{TOKEN}"}),
        failure(400, f"Bad Request: {TOKEN}"),
        "lost",
        Raw("no JSON " + TOKEN, 400),
    ],
)
async def test_the_token_is_in_no_error_and_no_log(
    vendor: Vendor,
    answer: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    wanted = Attachment(MediaKind.FILE, ref="f")
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: vendor.send(out()),
        lambda: vendor.send(out(attachment=FILE), media(b"x")),
        lambda: telegram.poll(vendor.http, vendor.source, "", real_now),
        lambda: telegram.probe(vendor.http, vendor.source),
        lambda: telegram.fetch_media(vendor.http, vendor.source, wanted),
    ]
    for attempt in attempts:
        vendor.answers = [path("a/b"), answer] if attempt is attempts[-1] else [answer]
        error = await failed(attempt())
        told = "".join(traceback.format_exception(error)) + repr(error) + error.detail
        assert "canary" not in told
    ours = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    assert not [line for line in ours if "canary" in line]  # the excepted log is that of the vendor's server


# --- files --------------------------------------------------------------------------------------------------


def path(value: object, **more: Any) -> dict[str, Any]:
    return {"ok": True, "result": {"file_id": "f", "file_unique_id": "u", "file_path": value} | more}


async def test_a_file_is_asked_for_and_fetched(vendor: Vendor) -> None:
    vendor.answers = [path("documents/file 1.pdf"), Raw(b"%PDF")]
    wanted = Attachment(MediaKind.FILE, ref="d1", name="План.pdf", mime="application/pdf")
    got = await telegram.fetch_media(vendor.http, vendor.source, wanted)
    assert (got.name, got.mime, got.size) == ("План.pdf", "application/pdf", 4)
    assert b"".join([chunk async for chunk in got.chunks]) == b"%PDF"
    assert vendor.asked == [("getFile", {"file_id": "d1"}), ("documents/file 1.pdf", None)]


@pytest.mark.parametrize(
    "value", ["/var/lib/bot/1.pdf", "../getMe", "a/../../b", "a/./b", "a//b", "", None, 5, {}]
)
async def test_a_path_that_leads_elsewhere_is_not_followed(vendor: Vendor, value: object) -> None:
    vendor.answers = [path(value), Raw(b"secret")]
    await failed(telegram.fetch_media(vendor.http, vendor.source, Attachment(MediaKind.FILE, ref="d1")))
    assert len(vendor.asked) == 1


LIMIT = 20 * 1024 * 1024


@pytest.mark.parametrize(
    ("told", "answers", "asked"),
    [
        (LIMIT + 1, [], 0),
        (None, [failure(400, "Bad Request: file is too big")], 1),
        (None, [path("a", file_size=LIMIT + 1)], 1),
        (None, [path("a"), Raw(b"x" * (LIMIT + 1))], 2),
        (None, [path("a"), Raw(status=404)], 2),
    ],
)
async def test_a_file_too_big_or_forgotten_is_bad_media(
    vendor: Vendor,
    told: int | None,
    answers: list[Any],
    asked: int,
) -> None:
    vendor.answers = answers
    wanted = Attachment(MediaKind.FILE, ref="f", size=told)
    error = await failed(telegram.fetch_media(vendor.http, vendor.source, wanted))
    assert (error.code, len(vendor.asked)) == (SendCode.BAD_MEDIA, asked)


# --- getting updates ----------------------------------------------------------------------------------------


async def test_a_poll_gives_raw_updates_and_the_next_offset(vendor: Vendor) -> None:
    updates = [{"update_id": 7, "hologram": "\ud83d"}, "odd", {"update_id": 12}]
    vendor.answers = [{"ok": True, "result": updates}, {"ok": True, "result": []}]
    calls, cursor = await telegram.poll(vendor.http, vendor.source, "", real_now)
    assert [call.method for call in calls] == ["POLL"] * 3
    assert [json.loads(call.body) for call in calls] == updates
    assert await telegram.poll(vendor.http, vendor.source, cursor, real_now) == ([], "13")
    first, second = (params for _, params in vendor.asked)
    assert "offset" not in first
    assert second["offset"] == 13
    assert {"message", "edited_message", "my_chat_member", "message_reaction"} <= set(
        first["allowed_updates"]
    )


async def test_polling_takes_the_webhook_off_once(vendor: Vendor) -> None:
    active = (
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it first"
    )
    vendor.answers = [failure(409, active), {"ok": True, "result": True}]
    assert await telegram.poll(vendor.http, vendor.source, "5", real_now) == ((), "5")
    assert vendor.asked[1] == ("deleteWebhook", {"drop_pending_updates": False})


async def test_another_poller_keeps_its_place(vendor: Vendor) -> None:
    vendor.fails(409, "Conflict: terminated by other getUpdates request")
    assert (
        await failed(telegram.poll(vendor.http, vendor.source, "5", real_now))
    ).code is SendCode.UNAVAILABLE
    assert [method for method, _ in vendor.asked] == ["getUpdates"]


@pytest.mark.parametrize("result", [None, {}, ["odd"], [{"update_id": "x"}]])
async def test_a_page_that_confirms_nothing_is_a_failure_not_a_busy_loop(
    vendor: Vendor, result: object
) -> None:
    vendor.answers = [{"ok": True, "result": result}]
    assert (
        await failed(telegram.poll(vendor.http, vendor.source, "5", real_now))
    ).code is SendCode.UNAVAILABLE


async def test_a_webhook_is_registered_with_its_secret(vendor: Vendor) -> None:
    vendor.answers = [{"ok": True, "result": True}]
    await telegram.register(vendor.http, vendor.source, "https://desk.example/in/telegram/shop")
    ((method, params),) = vendor.asked
    assert method == "setWebhook"
    assert params["url"] == "https://desk.example/in/telegram/shop"
    assert (params["secret_token"], params["drop_pending_updates"]) == ("s" * 32, False)
    assert "message_reaction" in params["allowed_updates"]


async def test_check_says_who_we_are(vendor: Vendor) -> None:
    vendor.answers = [{"ok": True, "result": {"id": 1, "is_bot": True, "username": "shop_bot"}}]
    assert await telegram.probe(vendor.http, vendor.source) == "@shop_bot"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"ok": True, "result": {"username": "other_bot"}}, SendCode.MISCONFIGURED),
        ({"ok": True, "result": 5}, SendCode.UNAVAILABLE),
        (failure(401, "Unauthorized"), SendCode.MISCONFIGURED),
    ],
)
async def test_check_says_what_is_wrong(vendor: Vendor, answer: Any, expected: SendCode) -> None:
    vendor.answers = [answer]
    assert (await failed(telegram.probe(vendor.http, vendor.source))).code is expected
