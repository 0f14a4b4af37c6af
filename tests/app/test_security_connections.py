"""Connections that drip, hang, flood or talk nonsense (L2), on raw sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from app import listener as listening
from app.listener import Deadlines, Listener, listen
from channels.kit import serving
from channels.kit.errors import Malformed

SHORT = Deadlines(head=0.15, idle=30.0, answer=0.15, linger=0.15)
WHOLE = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"
PATIENCE = 20.0


@dataclass
class Wire:
    """One raw connection of a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, *, head: str = "POST /read", headers: str = "", body: bytes = b"") -> tuple[int, Any]:
        self.writer.write(f"{head} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode() + body)
        return await self.answer()

    async def answer(self) -> tuple[int, Any]:
        """The status and the JSON of the next answer."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
            body = await self.reader.readexactly(length)
        problem = "application/problem+json" in head
        return int(head.split()[1]), json.loads(body) if problem else body

    async def drip(self, piece: bytes) -> None:
        """Send a piece again and again until the other side has cut the line."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                while not self.reader.at_eof():
                    self.writer.write(piece)
                    await self.writer.drain()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self.reader.read(4096), 0.01)

    async def cut(self) -> bytes:
        """What still came before the other side closed."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                return await self.reader.read()
        return b""


@dataclass
class Door:
    listener: Listener
    stack: AsyncExitStack

    async def wire(self) -> Wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port)
        self.stack.callback(writer.close)
        return Wire(reader, writer)

    async def empty(self) -> None:
        """Wait until no connection is left."""
        async with asyncio.timeout(PATIENCE):
            while self.listener.server.connections:
                await asyncio.sleep(0.01)


Opened = Callable[..., Awaitable[Door]]


async def read(request: web.BaseRequest) -> web.Response:
    try:
        return web.Response(body=await serving.read_body(request, limit=2**20))
    except Malformed as error:
        return serving.problem(error.status, str(error))


async def fail(request: web.BaseRequest) -> web.Response:
    raise RuntimeError("the password is hunter2")


async def late(request: web.BaseRequest) -> web.Response:
    raise TimeoutError


async def flood(request: web.BaseRequest) -> web.Response:
    return web.Response(body=bytes(64 * 2**20))


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    async with AsyncExitStack() as stack:

        async def door(deadlines: Deadlines = SHORT) -> Door:
            handlers = {"/read": read, "/fail": fail, "/late": late, "/flood": flood}
            listener = await listen(
                lambda request: handlers[request.path](request), "127.0.0.1", 0, deadlines=deadlines
            )
            stack.push_async_callback(listener.close)
            return Door(listener, stack)

        yield door


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Nothing may be logged; a cut is everyday."""
    caplog.set_level(logging.INFO)
    return caplog


async def test_a_head_that_drips_is_cut(opened: Opened, quiet: pytest.LogCaptureFixture) -> None:
    door = await opened()
    wire = await door.wire()
    wire.writer.write(b"POST /read HTTP/1.1\r\nHost: x\r\nX-More: ")
    await wire.drip(b"o")
    await door.empty()
    assert quiet.records == []


async def test_who_says_nothing_is_cut(opened: Opened, quiet: pytest.LogCaptureFixture) -> None:
    door = await opened()
    assert await (await door.wire()).cut() == b""
    await door.empty()
    assert quiet.records == []


async def test_a_kept_connection_may_idle_but_not_drip(
    opened: Opened, quiet: pytest.LogCaptureFixture
) -> None:
    door = await opened()
    idle, dripping = await door.wire(), await door.wire()
    for wire in (idle, dripping):
        wire.writer.write(WHOLE)
        assert await wire.answer() == (200, b"ok")
    dripping.writer.write(b"POST /read HTTP/1.1\r\nX-More: ")
    await dripping.drip(b"o")
    idle.writer.write(WHOLE)
    assert await idle.answer() == (200, b"ok")
    assert quiet.records == []


async def test_an_idle_connection_ends_at_last(opened: Opened) -> None:
    door = await opened(Deadlines(idle=0.05))
    wire = await door.wire()
    wire.writer.write(WHOLE)
    await wire.answer()
    assert await wire.cut() == b""


async def test_requests_in_pieces_and_in_heaps_are_answered(opened: Opened) -> None:
    door = await opened()
    wire = await door.wire()
    wire.writer.write(WHOLE * 3 + WHOLE[:20])
    assert [await wire.answer() for _ in range(3)] == [(200, b"ok")] * 3
    wire.writer.write(WHOLE[20:40])
    await wire.writer.drain()
    wire.writer.write(WHOLE[40:])
    assert await wire.answer() == (200, b"ok")


async def test_a_body_that_drips_is_a_408_and_cut(
    opened: Opened, quiet: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.15)
    door = await opened()
    for headers in ("Content-Length: 99999\r\n", "Transfer-Encoding: chunked\r\n"):
        wire = await door.wire()
        status, problem = await wire.ask(headers=headers)
        assert (status, problem["status"]) == (408, 408)
        assert "again" in problem["detail"]
        await wire.drip(b"1\r\nx\r\n")
    await door.empty()
    assert quiet.records == []


async def test_a_slow_body_that_keeps_coming_is_taken(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(serving, "BYTES_A_SECOND", 1)
    door = await opened()
    wire = await door.wire()
    wire.writer.write(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n" + b"x" * 98)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wire.reader.read(1), 0.3)  # well past the deadline of a body that drips
    wire.writer.write(b"y")
    assert await wire.answer() == (200, b"x" * 98 + b"y")


async def test_who_leaves_in_the_middle_is_nothing_to_log(
    opened: Opened, quiet: pytest.LogCaptureFixture
) -> None:
    door = await opened()
    for piece in (b"", b"POST /re", WHOLE[:-1], b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n"):
        wire = await door.wire()
        wire.writer.write(piece)
        await wire.writer.drain()
        wire.writer.transport.abort()
    await door.empty()
    assert quiet.records == []


async def test_who_does_not_read_the_answer_is_cut(opened: Opened, quiet: pytest.LogCaptureFixture) -> None:
    door = await opened()
    wire = await door.wire()
    wire.writer.write(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
    await wire.reader.readline()
    await door.empty()
    assert quiet.records == []


async def test_who_reads_slowly_gets_it_all(opened: Opened) -> None:
    door = await opened()
    wire = await door.wire()
    wire.writer.write(b"GET /flood HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert len(await wire.cut()) > 64 * 2**20


POST = b"POST /read HTTP/1.1\r\nHost: x\r\n"
NONSENSE = {
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "no host": b"GET /read HTTP/1.1\r\n\r\n",
    "no http": b"hello, is anybody there?\r\n\r\n",
    "a long line": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 431),
    "a long header": (b"GET /read HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    "many headers": b"GET /read HTTP/1.1\r\nHost: x\r\n"
    + b"".join(b"X%d: 1\r\n" % n for n in range(500))
    + b"\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "smuggling": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0",
    "a bad chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "brotli": (POST + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\nok", 415),
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_nonsense_is_a_quiet_problem_that_repeats_nothing(
    opened: Opened, quiet: pytest.LogCaptureFixture, what: str
) -> None:
    given = NONSENSE[what]
    raw, status = given if isinstance(given, tuple) else (given, 400)
    door = await opened()
    wire = await door.wire()
    wire.writer.write(raw)
    got, problem = await wire.answer()
    assert (got, problem["status"]) == (status, status)
    assert "aaa" not in str(problem)
    assert "HTTP" in problem["detail"] or "Encoding" in problem["detail"]
    await wire.cut()
    assert quiet.records == []


@pytest.mark.parametrize("together", [True, False])
async def test_what_cannot_be_decompressed_is_a_quiet_problem(
    opened: Opened, quiet: pytest.LogCaptureFixture, together: bool
) -> None:
    door = await opened()
    wire = await door.wire()
    packed = zlib.compress(b"x" * 99)
    packed = packed[:4] + b"\xff\xff\xff" + packed[7:]
    head = "POST /read HTTP/1.1\r\nHost: x\r\nContent-Encoding: deflate\r\n"
    head += f"Content-Length: {len(packed)}\r\n\r\n"
    if together:
        wire.writer.write(head.encode() + packed)
    else:
        wire.writer.write(head.encode())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wire.reader.read(1), 0.05)
        wire.writer.write(packed)
    status, problem = await wire.answer()
    assert status in {400, 415}
    assert problem["status"] == status
    assert quiet.records == []


@pytest.mark.parametrize("path", ["/fail", "/late"])
async def test_our_own_mistake_is_a_500_without_its_words_logged_once(
    opened: Opened, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    door = await opened()
    wire = await door.wire()
    status, problem = await wire.ask(head=f"POST {path}", headers="Accept: text/html\r\n")
    assert (status, problem["title"]) == (500, "Internal Server Error")
    assert "again" in problem["detail"]
    assert "hunter2" not in str(problem)
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info


async def test_one_address_holds_so_many_connections(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "is_at_home", lambda _: False)
    door = await opened(Deadlines(connections=2))
    held = [await door.wire() for _ in range(2)]
    for wire in held:
        wire.writer.write(WHOLE)
        assert (await wire.answer())[0] == 200
    assert await (await door.wire()).cut() == b""
    held[0].writer.close()
    await held[0].cut()
    async with asyncio.timeout(PATIENCE):
        while door.listener.held["127.0.0.1"] > 1:
            await asyncio.sleep(0.01)
    wire = await door.wire()
    wire.writer.write(WHOLE)
    assert (await wire.answer())[0] == 200


async def test_our_own_network_may_hold_any_number(opened: Opened) -> None:
    door = await opened(Deadlines(connections=1))
    for wire in [await door.wire() for _ in range(5)]:
        wire.writer.write(WHOLE)
        assert (await wire.answer())[0] == 200
    assert not door.listener.held


def test_whoever_drips_is_gone_within_fifteen_seconds_and_a_proxy_is_not_surprised() -> None:
    real = Deadlines()
    assert real.head <= 15
    assert serving.BODY_SECONDS + real.linger <= 15
    assert real.answer <= 15
    assert real.idle > 60  # what nginx keeps an upstream connection for
