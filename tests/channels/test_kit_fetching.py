"""Files behind links: what may be reached, what is followed, what is too much."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.kit import fetching
from channels.kit.contract import Source
from channels.kit.fetching import PublicOnly, fetch_url, public
from leads.events import Attachment, MediaKind, SendCode, SendError

PHOTO = Attachment(MediaKind.PHOTO, name="oak.jpg")
SECRET = {"Authorization": "Bearer canary-of-the-vendor"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Files:
    """The vendor's file server, at the address that the operator named."""

    def __init__(self, http: aiohttp.ClientSession, base: str, hits: list[str]) -> None:
        self.http, self.base, self.hits = http, base, hits
        self.source = Source(1, "pigeon", "key", None, api_base=f"{self.base}/api")

    async def get(self, path: str, **options: object) -> bytes:
        url = path if "://" in path else f"{self.base}{path}"
        media = await fetch_url(self.http, self.source, url, PHOTO, headers=SECRET, **options)  # type: ignore[arg-type]
        raw = b"".join([chunk async for chunk in media.chunks])
        assert (media.name, media.size) == ("oak.jpg", len(raw))
        return raw

    async def refused(self, path: str, **options: object) -> SendError:
        with pytest.raises(SendError) as caught:
            await self.get(path, **options)
        assert "canary" not in str(caught.value)
        return caught.value


@pytest.fixture
async def files() -> AsyncIterator[Files]:
    hits: list[str] = []

    async def serve(request: web.Request) -> web.StreamResponse:
        hits.append(request.headers.get("Authorization", ""))
        return await ANSWERS[request.path](request)

    def app() -> web.Application:
        made = web.Application()
        made.router.add_get("/{tail:.*}", serve)
        return made

    async with aiohttp.ClientSession() as http, TestServer(app()) as server, TestServer(app()) as other:
        ANSWERS["/elsewhere"] = redirect(str(other.make_url("/oak.jpg")))
        yield Files(http, str(server.make_url("")).rstrip("/"), hits)


async def oak(request: web.Request) -> web.StreamResponse:
    if request.headers.get("Authorization") != SECRET["Authorization"]:
        return web.Response(status=401, text="canary")
    return web.Response(body=b"oak" * 1_000_000, content_type="image/jpeg")


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(100):
        await response.write(b"x" * 1000)
    return response


async def cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"x" * 10)
    assert request.transport
    request.transport.close()
    return response


def redirect(to: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": to})

    return answer


def status(code: int) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text="canary")

    return answer


async def page(request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>This link has expired.</html>", content_type="text/html")


ANSWERS: dict[str, Handler] = {
    "/oak.jpg": oak,
    "/endless": endless,
    "/cut": cut,
    "/moved": redirect("/oak.jpg"),
    "/round": redirect("/round"),
    "/nowhere": redirect(""),
    "/plain": redirect("http://example.com/oak.jpg"),
    "/inside": redirect("https://169.254.169.254/latest/meta-data"),
    "/page": page,
    "/gone": status(404),
    "/locked": status(403),
    "/broken": status(502),
    "/busy": status(429),
}


async def test_a_file_with_the_vendors_auth(files: Files) -> None:
    assert await files.get("/oak.jpg") == b"oak" * 1_000_000


async def test_a_redirect_within_is_followed_with_the_auth(files: Files) -> None:
    assert len(await files.get("/moved")) == 3_000_000


@pytest.mark.parametrize("path", ["/endless", "/oak.jpg"])
async def test_too_large_whether_it_says_so_or_not(files: Files, path: str) -> None:
    error = await files.refused(path, limit=50_000)
    assert (error.code, "50000" in error.detail) == (SendCode.BAD_MEDIA, True)


async def test_what_the_vendor_calls_too_large_is_not_asked_for(files: Files) -> None:
    big = Attachment(MediaKind.FILE, size=fetching.FILE_LIMIT + 1)
    with pytest.raises(SendError, match="larger"):
        await fetch_url(files.http, files.source, f"{files.base}/oak.jpg", big)
    assert files.hits == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/gone", SendCode.BAD_MEDIA),
        ("/locked", SendCode.BAD_MEDIA),
        ("/round", SendCode.BAD_MEDIA),
        ("/nowhere", SendCode.BAD_MEDIA),
        ("/broken", SendCode.UNAVAILABLE),
        ("/busy", SendCode.UNAVAILABLE),
        ("/cut", SendCode.UNAVAILABLE),
    ],
)
async def test_failures_are_the_files_own(files: Files, path: str, code: SendCode) -> None:
    assert (await files.refused(path)).code is code


async def test_a_page_is_no_picture_but_may_be_a_file(files: Files) -> None:
    assert "text/html" in (await files.refused("/page")).detail
    document = Attachment(MediaKind.FILE, name="offer.html")
    media = await fetch_url(files.http, files.source, f"{files.base}/page", document)
    assert b"expired" in b"".join([chunk async for chunk in media.chunks])


@pytest.mark.parametrize("path", ["/elsewhere", "/plain", "/inside"])
async def test_a_redirect_is_checked_anew(files: Files, path: str) -> None:
    assert (await files.refused(path)).code is SendCode.BAD_MEDIA
    assert files.hits == [SECRET["Authorization"]]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "https://127.0.0.1/a",
        "https://127.1/a",
        "https://2130706433/a",
        "https://[::1]/a",
        "https://[::ffff:10.0.0.1]/a",
        "https://169.254.169.254/latest",
        "https://localhost/a",
        "https:///a",
        "https://100.64.0.1/a",
    ],
)
async def test_only_the_public_internet(files: Files, url: str) -> None:
    assert (await files.refused(url)).code is SendCode.BAD_MEDIA


@pytest.mark.parametrize("url", ["not a link", "https://[", "", "https://exa mple.com:99999/"])
async def test_no_link_at_all(files: Files, url: str) -> None:
    with pytest.raises(SendError):
        await fetch_url(files.http, files.source, url, PHOTO)


async def test_no_source_is_trusted_without_the_operators_word(files: Files) -> None:
    door = Source(1, "pigeon", "key", None)
    with pytest.raises(SendError, match="https"):
        await fetch_url(files.http, door, f"{files.base}/oak.jpg", PHOTO)


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("10.1.2.3", False),
        ("172.20.0.1", False),
        ("192.168.1.1", False),
        ("100.100.1.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("::ffff:8.8.8.8", True),
        ("ff02::1", False),
        ("example.com", False),
    ],
)
def test_public_addresses(address: str, fine: bool) -> None:
    assert public(address) is fine


async def test_a_name_with_two_faces_gives_the_public_one_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was checked is what aiohttp connects to: it gets addresses, not the name."""

    def two_faces(host: str, port: int, *args: object) -> list[object]:
        kinds = socket.AF_INET, socket.SOCK_STREAM, 6, ""
        return [(*kinds, ("127.0.0.1", port)), (*kinds, ("8.8.4.4", port))]

    monkeypatch.setattr(socket, "getaddrinfo", two_faces)
    found = await PublicOnly().resolve("two.example", 443)
    assert [(one["host"], one["hostname"]) for one in found] == [("8.8.4.4", "two.example")]
