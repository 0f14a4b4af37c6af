"""A line between the service and PostgreSQL that can be slow, be cut, or swallow what is sent over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Proxy:
    """Listens on a port of its own and carries everything to a Unix socket."""

    target: Path
    port: int = 0
    delay: float = 0.0  # seconds, each way
    _lines: set[Line] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self) -> None:
        """Both sides of each line learn that it is gone; new ones are welcome."""
        for line in self._lines:
            line.abort()

    def swallow(self) -> None:
        """Whatever goes over the lines of now is lost, and nobody is told; new ones are welcome."""
        for line in self._lines:
            line.silent = True

    def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.create_task(self._carry(reader, writer)))

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._tasks)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(self, (writer,))
        try:
            up_reader, up_writer = await asyncio.open_unix_connection(str(self.target))
        except OSError:
            line.abort()
            return
        line.ends = (writer, up_writer)
        self._lines.add(line)
        await asyncio.gather(line.pump(reader, up_writer), line.pump(up_reader, writer))
        self._lines.discard(line)
        line.abort()


@dataclass(eq=False)
class Line:
    """One connection through the proxy."""

    proxy: Proxy
    ends: tuple[asyncio.StreamWriter, ...]
    silent: bool = False

    def abort(self) -> None:
        for end in self.ends:
            end.transport.abort()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await asyncio.sleep(self.proxy.delay)
                if not self.silent:
                    writer.write(data)
                    await writer.drain()
        if not self.silent:
            writer.close()


@asynccontextmanager
async def proxy(target: Path) -> AsyncIterator[Proxy]:
    made = Proxy(target)
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.close()
        await server.wait_closed()
