"""What an operator watches of a database beside its queues."""

from __future__ import annotations

import asyncpg
from databases import Clock, OpenStore, Postgres

from storage.store import Store


async def test_who_holds_which_lease(store: Store, clock: Clock) -> None:
    await store.lease(["clock", "send:1"], "a", 10)
    assert await store.watching.holders() == {"clock": "a", "send:1": "a"}
    await store.release_leases("a")
    assert await store.watching.holders() == {}


async def test_sqlite_has_nobody_who_holds_old_rows(store: Store, database_url: str) -> None:
    assert (await store.watching.oldest() is None) == database_url.startswith("sqlite")


async def test_a_snapshot_that_is_held_shows(postgres_server: Postgres, open_store: OpenStore) -> None:
    url = await postgres_server.fresh()
    store = await open_store(url)
    before = await store.watching.oldest()
    assert before is not None
    holder = await asyncpg.connect(url)
    async with holder.transaction(isolation="repeatable_read"):
        await holder.fetch("SELECT 1 FROM source")
        for _ in range(5):
            await store.lease(["clock"], "a", 10)
        held = await store.watching.oldest()
        assert held is not None
        assert held.xmin >= 5
        assert held.seconds > before.seconds
    await holder.close()
    after = await store.watching.oldest()
    assert after is not None
    assert after.xmin < held.xmin
    await store.close()
    await postgres_server.drop(url)
