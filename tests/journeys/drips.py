"""Three hundred slow senders, and one good one among them (L2)."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

HEAD = "POST /in/web_form/{key} HTTP/1.1\r\nHost: drip\r\nContent-Type: application/json\r\n"
ENDS = {
    "head": "X-More: ",  # never ends
    "body": "Content-Length: 500000\r\n\r\n{",
    "chunks": "Transfer-Encoding: chunked\r\n\r\n",
    "nobody's": "Content-Length: 500000\r\n\r\n{",
}
PIECES = {"head": b"o", "body": b"x", "chunks": b"1\r\nx\r\n", "nobody's": b"x"}


@dataclass
class Seen:
    """How long each slow sender was borne, and how long the good one waited for each answer."""

    borne: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def p99(self) -> float:
        return sorted(self.waited)[int(len(self.waited) * 0.99)]


async def slow(url: str, kind: str, every: float, seen: Seen) -> None:
    """Drip until the line is cut."""
    parts = urlsplit(url)
    began = time.monotonic()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write((HEAD.format(key="none" if kind == "nobody's" else "form") + ENDS[kind]).encode())
        while not reader.at_eof():
            writer.write(PIECES[kind])
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(4096), every)
    except ConnectionError:
        pass
    finally:
        writer.close()
    seen.borne.append(time.monotonic() - began)


async def good(url: str, seen: Seen, done: asyncio.Event) -> None:
    async with aiohttp.ClientSession() as http:
        while not done.is_set():
            began = time.monotonic()
            # Stored like every other, but parked: the figures are to be those of the door alone.
            body = {"message": f"lead {len(seen.waited)}", "_gotcha": "x"}
            async with http.post(f"{url}/in/web_form/form", json=body) as answer:
                await answer.read()
                seen.statuses.append(answer.status)
            seen.waited.append(time.monotonic() - began)
            await asyncio.sleep(0.02)


async def pestered(url: str, *, every: float, senders: int = 300) -> Seen:
    """What was seen until all slow senders were cut; a good one posted meanwhile."""
    seen, done = Seen(), asyncio.Event()
    kinds = list(ENDS)
    async with asyncio.timeout(60), asyncio.TaskGroup() as all_of_them:
        all_of_them.create_task(good(url, seen, done))
        async with asyncio.TaskGroup() as slow_ones:
            for number in range(senders):
                slow_ones.create_task(slow(url, kinds[number % len(kinds)], every, seen))
        done.set()
    return seen
