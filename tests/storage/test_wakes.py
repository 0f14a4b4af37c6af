"""Other processes hear of a commit at once, and again after their connections were cut."""

from __future__ import annotations

import asyncio

from databases import OpenStore, Postgres
from storage_scene import door, event, received

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'frontdesk'
AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%') AND datname = current_database()
AND pid <> pg_backend_pid()"""


async def test_a_commit_wakes_the_others(open_store: OpenStore, database_server: Postgres | None) -> None:
    if database_server is None:
        return  # SQLite has no other processes
    heard: asyncio.Queue[str] = asyncio.Queue()
    there = await open_store(wakes=True)
    there.on_commit.append(heard.put_nowait)
    here = await open_store(wakes=True)
    source = await door(here)
    first = [await heard.get() for _ in range(4)]  # it listens, and looks at everything once
    assert "customers_in" in first
    for n in range(3):
        await received(here, source, event(f"e{n}"))
    assert await heard.get() == "customers_in"
    await there._db.rows(CUT)
    again = [await heard.get() for _ in range(4)]
    assert set(first) <= {*again, "customers_in"}
    while heard.empty():  # the teller has a connection again, sooner or later
        await received(here, source, event())
        await asyncio.sleep(0)
    assert heard.get_nowait() == "customers_in"


async def test_what_was_told_here_is_not_heard_twice(
    open_store: OpenStore, database_server: Postgres | None
) -> None:
    if database_server is None:
        return
    own: asyncio.Queue[str] = asyncio.Queue()
    other: asyncio.Queue[str] = asyncio.Queue()
    here = await open_store(wakes=True)
    here.on_commit.append(own.put_nowait)
    there = await open_store(wakes=True)
    there.on_commit.append(other.put_nowait)
    for queue in (own, other):
        for _ in range(4):
            await queue.get()
    await received(here, await door(here), event("e1"))
    assert await other.get() == "customers_in"
    assert own.qsize() == 1
