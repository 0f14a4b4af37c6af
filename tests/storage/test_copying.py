"""A copy is whole, or there is none: between both databases, each way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from databases import SECRET, Clock, OpenStore, Postgres
from storage_scene import MINUTE, NOW, a_lead, door, event, manager, put, received

from leads.changes import ToManager, View
from leads.errors import StoreUnavailable
from leads.model import Entry, Reminder, ReminderKind
from storage import copying, ends
from storage.copying import TABLES, broken, copy
from storage.database import Database
from storage.errors import AlreadyRunning, BadUrl, CopyDiffers, NotEmpty
from storage.lifecycle import open_store as open_real_store
from storage.lifecycle import service_lock
from storage.store import Store

ODD = "NUL \x00, half a pair \ud83d, 'quotes' and 🙂"
DERIVED = {"migration", "lease"}  # of the program and of processes that run, not of the company


def quiet(table: str, done: int, total: int) -> None:
    """Nobody watches."""


@pytest.fixture(params=["sqlite", "postgres"])
def target_server(request: pytest.FixtureRequest) -> Postgres | None:
    """None stands for SQLite."""
    return request.getfixturevalue("postgres_server") if request.param == "postgres" else None


@pytest.fixture
async def target(target_server: Postgres | None, tmp_path: Path) -> AsyncIterator[str]:
    if target_server is None:
        yield f"sqlite://{tmp_path / 'new' / 'frontdesk.db'}"
        return
    url = await target_server.fresh()
    yield url
    await target_server.drop(url)


@pytest.fixture
async def filled(open_store: OpenStore) -> Awaitable[None] | None:
    """A company with something in most tables, and nobody at work on it."""
    store = await open_store()
    source = await door(store)
    await store.accept_updates("1", [{"update_id": 7}], "8")
    await received(store, source, *(event(f"e{n}", f"c{n}", content_key=f"k{n}") for n in range(3)))
    rows = (manager(), *a_lead(source, ODD), Entry(-9, NOW, "received", lead_id=-4))
    await put(store, *rows, Reminder(-6, -4, ReminderKind.MANUAL, NOW + MINUTE), ToManager(View.SAY, 1))
    await store.close()
    return None


@asynccontextmanager
async def reopened(url: str, folder: Path, clock: Clock) -> AsyncIterator[Store]:
    store = await open_real_store(url, state=folder, secret=SECRET, now=clock, lease_now=clock)
    try:
        yield store
    finally:
        await store.close()


async def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    database = await Database.connect(url, now=Clock(), lease_now=Clock())
    try:
        return {
            table: sorted(await database.rows(f"SELECT * FROM {table}"), key=repr)  # noqa: S608
            for table in TABLES
        }
    finally:
        await database.close()


async def test_all_of_it_is_there_and_the_same(
    filled: None, database_url: str, target: str, tmp_path: Path, clock: Clock
) -> None:
    before = await contents(database_url)
    copied = await copy(database_url, target, quiet)
    assert await contents(target) == before == await contents(database_url)
    assert copied == {table: len(rows) for table, rows in before.items()}
    assert copied["inbox"] == 4
    assert await broken(target, NOW) == {}
    async with reopened(target, tmp_path, clock) as store:
        assert [one.settings for one in await store.sources()] == [{"token": "canary-shop"}]
        assert [message.text for message in await store.messages(1)] == [ODD]
        assert await store.cursor("desk:1") == "8"


async def test_ids_go_on_where_they_were(
    open_store: OpenStore, database_url: str, target: str, tmp_path: Path, clock: Clock
) -> None:
    """The last row is gone, and must not get a namesake: effects are known by the id of their cause."""
    store = await open_store()
    source = await door(store)
    ids = await received(store, source, *(event(f"e{n}", f"c{n}") for n in range(3)))
    await store._db.rows("DELETE FROM inbox WHERE id = $1", ids[-1])
    await store.close()
    await copy(database_url, target, quiet)
    async with reopened(target, tmp_path, clock) as store:
        (fresh,) = await received(store, source, event("e9"))
        assert fresh == ids[-1] + 1
        assert (await put(store, manager()))[-1] == 1


async def test_no_table_is_forgotten(database_url: str, store: Store) -> None:
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
    }
    found = {row["name"] for row in await store._db.rows(sql[store._db.dialect])}
    assert found == {*TABLES} | DERIVED


async def test_a_target_that_holds_something_is_left_alone(
    filled: None, database_url: str, target: str, tmp_path: Path, clock: Clock
) -> None:
    async with reopened(target, tmp_path, clock) as store:
        await door(store, "theirs")
    before = await contents(target)
    with pytest.raises(NotEmpty, match="source"):
        await copy(database_url, target, quiet)
    assert await contents(target) == before


async def test_a_target_that_was_only_opened_takes_our_key(
    filled: None, database_url: str, target: str, tmp_path: Path, clock: Clock
) -> None:
    other = "QW5vdGhlciBrZXkgZm9yIHRlc3RzLCAzMiBieXRlcy4="
    store = await open_real_store(target, state=tmp_path, secret=other, now=clock, lease_now=clock)
    await store.close()
    await copy(database_url, target, quiet)
    async with reopened(target, tmp_path, clock) as store:
        assert len(await store.sources()) == 1


async def test_what_was_cut_off_can_be_done_again(filled: None, database_url: str, target: str) -> None:
    def cut(table: str, done: int, total: int) -> None:
        if table == "message":
            raise RuntimeError("cut")

    before = await contents(database_url)
    with pytest.raises(RuntimeError, match="cut"):
        await copy(database_url, target, cut)
    assert await contents(database_url) == before
    assert not any(rows for table, rows in (await contents(target)).items() if table != "meta")
    await copy(database_url, target, quiet)
    assert await contents(target) == before


async def test_a_row_that_changed_on_the_way_is_noticed(
    filled: None, database_url: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_whole: dict[type, Callable[..., Awaitable[None]]] = {}

    async def put(self: Any, table: str, columns: list[str], rows: ends.Rows) -> None:
        async def changed() -> ends.Rows:
            async for row in rows:
                yield tuple("Olga" if value == "Ольга" else value for value in row)

        await put_whole[type(self)](self, table, columns, changed())

    for kind in (ends.Sqlite, ends.Postgres):
        put_whole[kind] = kind.put
        monkeypatch.setattr(kind, "put", put)
    with pytest.raises(CopyDiffers, match="contact"):
        await copy(database_url, target, quiet)
    assert (await contents(target))["contact"] == []


async def test_broken_promises_come_along_and_are_told(filled: None, database_url: str, target: str) -> None:
    await copy(database_url, target, quiet)
    found = await broken(target, NOW + 60 * MINUTE)
    assert found.keys() == {"stuck-inbox", "stuck-outbox", "unfired"}
    assert found == await broken(database_url, NOW + 60 * MINUTE)


async def test_nobody_may_be_at_work_on_either(
    database_url: str, target: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "LEAVING", (0.0,))
    for busy in (database_url, target):
        with service_lock(busy):
            async with reopened(busy, tmp_path, clock):
                with pytest.raises(AlreadyRunning):
                    await copy(database_url, target, quiet)


async def test_the_watcher_is_told_how_far_it_is(
    filled: None, database_url: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(copying, "AT_ONCE", 2)
    await copy(database_url, target, lambda *step: told.append(step))
    assert [step for step in told if step[0] == "inbox"] == [
        ("inbox", 0, 4),
        ("inbox", 2, 4),
        ("inbox", 4, 4),
        ("inbox", 4, 4),
    ]
    assert {step[0] for step in told} == {*TABLES}


async def test_a_target_that_is_away_or_none_is_said_so(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        await copy(database_url, "postgresql://nobody@127.0.0.1:1/none", quiet)
    with pytest.raises(BadUrl):
        await copy(database_url, "mysql://here", quiet)
