"""What `frontdesk verify` says at the end of a journey."""

from __future__ import annotations

from datetime import timedelta

from scheduler.clock import Clock, real_now
from storage import verify
from storage.database import Database

LATER = timedelta(hours=1)  # verify leaves out what may still be on its way
WAITING = ("stuck-", "unfired")  # a journey may end in the midst of something


async def kept(database_url: str, clock: Clock) -> None:
    """Every promise holds over the whole database."""
    now = max(clock.now(), real_now()) + LATER
    database = await Database.connect(database_url, now=clock.now, lease_now=real_now)
    try:
        with database.entered():
            found = await verify.verify(database, now)
    finally:
        await database.close()
    broken = {name: ids for name, ids in found.items() if ids and not name.startswith(WAITING)}
    assert not broken, broken
