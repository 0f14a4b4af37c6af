"""The edge over real HTTP: limits while streaming and after decompression, for every channel."""

import asyncio
import gzip
import io
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from channels.kit import edge, serving
from channels.kit.contract import Ignored, Item, Source
from channels.kit.discover import channels
from channels.kit.fixture import Fixture, fixtures
from leads.events import Call, Receipt

Client = TestClient[web.Request, web.Application]
FIRST = {
    name: next(one for one in fixtures(name) if one.expect["outcome"] == "accepted") for name in channels()
}


@dataclass
class Door:
    """One source behind a real server, and what was stored."""

    fixture: Fixture
    client: Client
    calls: list[Call] = field(default_factory=list)

    async def send(self, data: object, **headers: str) -> tuple[int, str]:
        given = {name: value for name, value in self.fixture.call.headers.items() if name != "content-length"}
        async with self.client.post("/in/x?a=1&a=2", data=data, headers=given | headers) as answer:
            return answer.status, answer.headers["Content-Type"].partition(";")[0]


async def opened(fixture: Fixture, known: bool = True) -> AsyncIterator[Door]:
    channel = channels()[fixture.channel]
    door: Door

    async def accept(source: Source, call: Call, items: Sequence[Item]) -> Receipt:
        door.calls.append(call)
        fresh = sum(not isinstance(item, Ignored) for item in items)
        return Receipt(tuple(range(fresh)), fresh)

    async def handle(request: web.Request) -> web.Response:
        source = fixture.source(channel) if known else None
        now = fixture.call.received_at
        return await serving.serve(request, channel, source, accept, peer="203.0.113.7", now=now)

    app = web.Application(client_max_size=0)
    app.router.add_post("/in/x", handle)
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        door = Door(fixture, client)
        yield door


@pytest.fixture(params=list(channels()))
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    async for one in opened(FIRST[request.param]):
        yield one


async def dripping(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 64 * 1024):
        yield body[start : start + 64 * 1024]


async def test_the_call_arrives_as_it_was_sent(door: Door) -> None:
    status, _ = await door.send(door.fixture.call.body, **{"X-Odd": "a\tb"})
    assert status == door.fixture.expect.get("status", 200)
    (call,) = door.calls
    assert (call.method, call.body, call.peer) == ("POST", door.fixture.call.body, "203.0.113.7")
    assert call.headers["x-odd"] == "a\tb"
    assert call.query == {"a": "1"}
    assert all(name.islower() for name in call.headers if name.isalpha())


async def test_compressed_bodies_are_read(door: Door) -> None:
    body = door.fixture.call.body
    for encoding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        await door.send(packed, **{"Content-Encoding": encoding})
    assert [call.body for call in door.calls] == [body, body]


async def test_too_large_is_413_however_it_is_sent(door: Door) -> None:
    limit = channels()[door.fixture.channel].body_limit(door.fixture.call)
    big = b" " * (limit + 1)
    for data, headers in (
        (io.BytesIO(big), {}),
        (dripping(big), {}),
        (gzip.compress(big), {"Content-Encoding": "gzip"}),
        (gzip.compress(bytes(16 * limit), 1), {"Content-Encoding": "gzip"}),
    ):
        assert await door.send(data, **headers) == (413, "application/problem+json")
    assert door.calls == []


async def test_the_limit_itself_is_not_too_large(door: Door) -> None:
    limit = channels()[door.fixture.channel].body_limit(door.fixture.call)
    status, _ = await door.send(dripping(b" " * limit))
    assert status in {200, 400, 401}  # read whole, whatever is thought of it


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", b"this is no gzip", 400),
        ("deflate", b"\x99\x99", 400),
        ("br", b"x", 400),  # aiohttp answers by itself to what it cannot decompress
        ("gzip, gzip", b"x", 415),
    ],
)
async def test_a_wrong_content_encoding_is_refused(
    door: Door, encoding: str, body: bytes, status: int
) -> None:
    assert (await door.send(body, **{"Content-Encoding": encoding}))[0] == status
    assert door.calls == []


async def test_an_unknown_source_is_404_and_its_body_is_not_read() -> None:
    async for door in opened(FIRST["web_form"], known=False):
        assert await door.send(dripping(b" " * 3 * edge.BODY_LIMIT)) == (404, "application/problem+json")


def test_nobody_may_guess_another_type_or_keep_an_answer() -> None:
    headers = serving.response(edge.unknown_source()).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


async def test_header_bytes_beyond_utf8_become_text_that_can_be_stored() -> None:
    seen: list[Call] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(await serving.read_call(request, limit=10, peer="", now=datetime.now(UTC)))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", handle)
    async with TestServer(app) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"POST /?q=%ff HTTP/1.1\r\nHost: x\r\nX-Name: \xff\xfe\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        assert b"200" in await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert seen[0].body == b"ok"
    (seen[0].headers["x-name"] + seen[0].query["q"]).encode()
