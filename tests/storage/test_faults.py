"""The database away, locked or full: nothing is half done, and it goes on by itself afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import asyncpg
import pytest
from databases import Clock, OpenStore, Postgres
from storage_scene import CALL, a_lead, door, event, put, received

from leads.changes import Changes
from leads.errors import StoreUnavailable
from storage.calls import do
from storage.lifecycle import open_store as open_real_store
from storage.store import Store


@asynccontextmanager
async def away(store: Store, server: Postgres | None, url: str) -> AsyncIterator[None]:
    """Nobody can write: SQLite is locked by another process, PostgreSQL lets nobody in."""
    if server is None:
        await store._db.rows("PRAGMA busy_timeout = 20")
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    name = url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    await server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    await server.run(cut.replace("{name}", name))
    yield
    await server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def test_nothing_is_acknowledged_while_the_database_is_away(
    store: Store, database_server: Postgres | None, database_url: str
) -> None:
    source = await door(store)
    await received(store, source, event("e0", "c0"))
    async with away(store, database_server, database_url):
        for n in range(15):  # more often than a pool has connections
            with pytest.raises(StoreUnavailable):
                await store.accept(source.id, CALL, [event(f"e{n}")])
        with pytest.raises(StoreUnavailable):
            await store.claim_events("me", 1)
        with pytest.raises(StoreUnavailable):
            await put(store, *a_lead(source))
        with pytest.raises(StoreUnavailable):
            await store.ping()
    await store.ping()
    assert len(await store.claim_events("me", 9)) == 1
    assert (await store.accept(source.id, CALL, [event("e1")])).fresh == 1
    assert len(await put(store, *a_lead(source))) == 5


async def test_a_full_disk_is_no_acknowledgement(open_store: OpenStore, tmp_path: Path) -> None:
    store = await open_store(f"sqlite://{tmp_path / 'small.db'}")
    source = await door(store)
    await store._db.rows("PRAGMA max_page_count = 1")  # as many as there are
    many = [event(f"e{n}", text="x" * 2000) for n in range(200)]
    with pytest.raises(StoreUnavailable):
        await store.accept(source.id, CALL, many)
    assert (await store.counts())["customers_in"].ready == 0
    await store._db.rows("PRAGMA max_page_count = 100000")
    assert (await store.accept(source.id, CALL, [event("after")])).fresh == 1
    assert (await store.counts())["customers_in"].ready == 1


async def test_a_closed_store_is_unavailable(store: Store) -> None:
    source = await door(store)
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.accept(source.id, CALL, [event("e1")])
    with pytest.raises(StoreUnavailable):
        await store.commit(Changes())


async def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    clock = Clock()
    for url in (f"postgresql://postgres@/db?host={tmp_path}", "postgresql://postgres@127.0.0.1:1/db"):
        with pytest.raises(StoreUnavailable):
            await open_real_store(url, state=tmp_path, secret=None, now=clock, lease_now=clock)


async def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear database, " * 100)
    clock = Clock()
    with pytest.raises(StoreUnavailable):
        await open_real_store(f"sqlite://{path}", state=tmp_path, secret=None, now=clock, lease_now=clock)


async def test_who_is_cancelled_halfway_holds_up_nobody(store: Store) -> None:
    source = await door(store)
    for turns in range(25):
        task = asyncio.create_task(store.accept(source.id, CALL, [event(f"e{turns}"), event(f"f{turns}")]))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert (await store.accept(source.id, CALL, [event("last")])).fresh == 1
    found = await store._db.rows("SELECT event_id FROM inbox WHERE event_id <> 'last'")
    kept = {row["event_id"] for row in found}
    assert {f"f{name[1:]}" for name in kept if name[0] == "e"} == {name for name in kept if name[0] == "f"}


async def test_a_mistake_of_ours_is_not_called_an_outage(store: Store) -> None:
    with pytest.raises(Exception, match="no_such_table") as caught:
        await do(store._db, type(store._db).rows, "SELECT * FROM no_such_table")
    assert not isinstance(caught.value, StoreUnavailable)


async def test_two_that_lock_each_other_out_both_get_through(
    store: Store, database_server: Postgres | None, database_url: str
) -> None:
    """PostgreSQL undoes one of two transactions in a deadlock; acts that decide nothing are done again."""
    if database_server is None:
        return
    source = await door(store)
    await received(store, source, event("x0", "a"), event("x1", "b"))
    other = await asyncpg.connect(database_url)
    key = f"source:{source.id}:"
    hold = "UPDATE conv SET last_seq = last_seq WHERE key = $1"
    await other.execute("SET deadlock_timeout = '60s'")  # so that ours is the one undone
    rival = other.transaction()
    await rival.start()
    await other.execute(hold, key + "b")
    task = asyncio.create_task(store.accept(source.id, CALL, [event("y0", "a"), event("y1", "b")]))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while not await other.fetchval(waiting):
        await asyncio.sleep(0)
    await other.execute(hold, key + "a")
    await rival.commit()
    assert (await task).fresh == 2
    await other.close()
