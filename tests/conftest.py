"""Fixtures of all rooms: a database of either kind, an open store on it, and a network that ends at home."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from databases import SECRET, Clock, OpenStore, Postgres, postgres

from storage.lifecycle import open_store as open_real_store
from storage.store import Store


def _at_home(family: int, address: Any) -> bool:
    if family not in {socket.AF_INET, socket.AF_INET6}:
        return True
    host = address[0]
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture(autouse=True)
def network_ends_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches another machine."""

    def guarded(name: str) -> Callable[[socket.socket, Any], Any]:
        real = getattr(socket.socket, name)

        def connect(self: socket.socket, address: Any) -> Any:
            if not _at_home(self.family, address):
                raise PermissionError(f"a test reached for {address}")
            return real(self, address)

        return connect

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guarded(name))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_server(request: pytest.FixtureRequest) -> Postgres | None:
    """None stands for SQLite. The server starts at the first test that wants it."""
    server: Postgres | None = None
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
    return server


@pytest.fixture
async def database_url(database_server: Postgres | None, tmp_path: Path) -> AsyncIterator[str]:
    """The address of an empty database, SQLite and PostgreSQL in turn."""
    if database_server is None:
        yield f"sqlite://{tmp_path / 'frontdesk.db'}"
        return
    url = await database_server.fresh()
    yield url
    await database_server.drop(url)


@pytest.fixture
def clock() -> Clock:
    """The business clock and the lease clock of `open_store` at once."""
    return Clock()


@pytest.fixture
async def open_store(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[OpenStore]:
    """Opens stores on the database and closes them in the end; keywords as of `lifecycle.open_store`."""
    async with AsyncExitStack() as stack:

        async def opened(url: str = database_url, **options: Any) -> Store:
            known = {"state": tmp_path, "secret": SECRET, "now": clock, "lease_now": clock, **options}
            made = await open_real_store(url, **known)
            stack.push_async_callback(made.close)
            return made

        yield opened


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()
