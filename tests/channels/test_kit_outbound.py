"""Calls to vendors against a server that misbehaves in every way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from channels.kit.outbound import ANSWER_LIMIT, VendorAnswer, download, request_json, retry_after
from leads.events import SendCode, SendError

TOKEN = "123:canary"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Vendor:
    """A vendor whose next answer the test chooses."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http, self.base, self.hits = http, "", 0
        self.answer: Handler = self.fine

    async def fine(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.hits += 1
        return await self.answer(request)

    def says(self, status: int, text: str = "{}", **headers: str) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(status=status, text=text, headers=given)

        self.answer = answer

    async def ask(self, **options: object) -> object:
        url = f"{self.base}/bot{TOKEN}/send"
        return await request_json(self.http, "POST", url, what="send", seconds=5, **options)  # type: ignore[arg-type]

    async def fails(self, **options: object) -> SendError:
        with pytest.raises(SendError) as caught:
            await self.ask(**options)
        assert TOKEN not in str(caught.value) + repr(caught.value.__cause__)
        return caught.value


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with aiohttp.ClientSession() as http:
        vendor = Vendor(http)
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", vendor.handle)
        async with TestServer(app) as server:
            vendor.base = str(server.make_url("")).rstrip("/")
            yield vendor


async def test_a_good_answer_is_its_json(vendor: Vendor) -> None:
    assert await vendor.ask(json={"a": 1}) == {"ok": True}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (200, SendCode.UNAVAILABLE),  # not JSON below: a broken answer
        (301, SendCode.MISCONFIGURED),
        (400, SendCode.PERMANENT),
        (401, SendCode.MISCONFIGURED),
        (403, SendCode.PERMANENT),
        (404, SendCode.PERMANENT),
        (408, SendCode.UNAVAILABLE),
        (413, SendCode.BAD_MEDIA),
        (429, SendCode.RETRY),
        (500, SendCode.UNAVAILABLE),
        (502, SendCode.UNAVAILABLE),
    ],
)
async def test_a_status_becomes_a_code(vendor: Vendor, status: int, code: SendCode) -> None:
    vendor.says(status, "<html>what happened", Location="/elsewhere")
    error = await vendor.fails()
    assert error.code == code
    assert "what happened" in error.detail
    assert vendor.hits == 1, "a redirect was followed"


async def test_the_channel_may_explain_in_the_vendors_words(vendor: Vendor) -> None:
    def explain(answer: VendorAnswer) -> SendError | None:
        return SendError(SendCode.BLOCKED, answer.data["why"]) if answer.status == 403 else None

    vendor.says(403, '{"why": "bot was blocked"}')
    error = await vendor.fails(explain=explain)
    assert (error.code, error.detail) == (SendCode.BLOCKED, "bot was blocked")
    vendor.says(400)
    assert (await vendor.fails(explain=explain)).code == SendCode.PERMANENT


async def test_how_long_to_wait_is_told(vendor: Vendor) -> None:
    vendor.says(429, Retry_After="7")
    assert (await vendor.fails()).retry_after == 7
    day = {"date": "Thu, 15 Jan 2026 10:00:00 GMT"}
    assert retry_after(day | {"retry-after": "Thu, 15 Jan 2026 10:01:30 GMT"}) == 90
    assert retry_after(day | {"retry-after": "soon"}) is None
    assert retry_after({}) is None


async def test_no_answer_at_all_is_unavailable(vendor: Vendor) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b'{"half')
        assert request.transport
        request.transport.close()
        return answer

    vendor.answer = cut
    assert (await vendor.fails()).code == SendCode.UNAVAILABLE
    vendor.base = f"http://127.0.0.1:{unused_port()}"
    assert (await vendor.fails()).code == SendCode.UNAVAILABLE


async def test_a_vendor_that_never_answers_is_given_up(vendor: Vendor) -> None:
    released = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    vendor.answer = hang
    with pytest.raises(SendError, match="send: TimeoutError") as caught:
        await request_json(vendor.http, "GET", vendor.base, what="send", seconds=0.05)
    released.set()
    assert caught.value.code == SendCode.UNAVAILABLE


async def test_an_answer_without_end_is_not_read(vendor: Vendor) -> None:
    vendor.says(200, '"' + "x" * ANSWER_LIMIT + '"')
    assert (await vendor.fails()).code == SendCode.UNAVAILABLE


async def test_a_file_is_downloaded_up_to_its_limit(vendor: Vendor) -> None:
    vendor.says(200, "bytes of a file", Content_Type="audio/ogg")
    url = f"{vendor.base}/file/bot{TOKEN}/a.ogg"
    media = await download(vendor.http, url, what="file", limit=15, name="a.ogg")
    assert (media.name, media.mime, media.size) == ("a.ogg", "audio/ogg", 15)
    assert b"".join([chunk async for chunk in media.chunks]) == b"bytes of a file"
    with pytest.raises(SendError, match="larger than 14") as caught:
        await download(vendor.http, url, what="file", limit=14)
    assert caught.value.code == SendCode.BAD_MEDIA
    vendor.says(404)
    with pytest.raises(SendError) as gone:
        await download(vendor.http, url, what="file", limit=14)
    assert gone.value.code == SendCode.PERMANENT
    assert TOKEN not in str(gone.value)
