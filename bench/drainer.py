"""A drain: `python -m bench.drainer ours|raw URL SECONDS`: ready, a line to begin, then its count."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import asyncpg

from app.queues import EVENTS_AT_ONCE
from bench.places import Place, Places
from leads.changes import Arrived, Changes, Settle
from scheduler.drains import Drain, run_drain

BATCH = 50
_CLAIM = """
UPDATE raw_job SET state = 'leased' WHERE id IN (
    SELECT id FROM raw_job WHERE state = 'ready' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id, payload"""
_DELETE = "DELETE FROM raw_job WHERE id = ANY($1::bigint[])"


async def raw(url: str, seconds: float) -> int:
    """The plainest loop that could be called a queue: claim a batch, delete it."""
    connection = await asyncpg.connect(url)
    await _told_to_go()
    count, deadline = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            rows = await connection.fetch(_CLAIM, BATCH)
            await connection.execute(_DELETE, [row["id"] for row in rows])
            count += len(rows)
    finally:
        await connection.close()
    return count


async def ours(url: str, seconds: float) -> int:
    """The service's own loop and store, with nothing to do but to settle."""
    with tempfile.TemporaryDirectory() as folder:
        store = await Places(Path(folder), url).open(Place(url, Path(folder)))
        owner, stop, counted = f"bench:{os.getpid()}", asyncio.Event(), 0

        async def claim(limit: int) -> Sequence[Arrived]:
            return await store.claim_events(owner, limit)

        async def settle(row: Arrived) -> None:
            nonlocal counted
            await store.commit(Changes(settle=Settle("inbox", row.inbox_id, row.attempt)))
            counted += 1

        async def failed(row: Arrived, error: Exception) -> None:
            raise error

        async def renew(rows: Sequence[Arrived]) -> None:
            await store.renew("inbox", [row.inbox_id for row in rows], owner)

        drain = Drain("bench", claim, settle, failed, renew, asyncio.Event(), at_once=EVENTS_AT_ONCE)
        await _told_to_go()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        await run_drain(drain, stop, lambda: None)
        await store.close()
        return counted


async def _told_to_go() -> None:
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


async def main(what: Callable[[str, float], Awaitable[int]], url: str, seconds: float) -> None:
    rows = await what(url, seconds)
    print(json.dumps({"rows": rows, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    asyncio.run(main({"raw": raw, "ours": ours}[sys.argv[1]], sys.argv[2], float(sys.argv[3])))
