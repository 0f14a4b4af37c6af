"""Opening and closing the store, and the lock of the one service on a SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from storage import migrate, secrets
from storage.database import Database
from storage.errors import AlreadyRunning, BadUrl
from storage.faults import told_away
from storage.store import Store
from storage.wakes import Wakes

_KEY = "SELECT value FROM meta WHERE name = 'key'"
_KEEP_KEY = "INSERT INTO meta (name, value) VALUES ('key', $1) ON CONFLICT (name) DO NOTHING"


def checked(url: str) -> str:
    """An address that we can open; raise `BadUrl`."""
    if url.startswith("sqlite://") and len(url) > len("sqlite://") and ":memory:" not in url:
        return url
    if url.startswith(("postgres://", "postgresql://")):
        return url
    raise BadUrl("The database address must be sqlite://PATH, postgres://… or postgresql://…")


async def open_store(
    url: str,
    *,
    state: Path,
    secret: str | None,
    now: Callable[[], datetime],
    lease_now: Callable[[], datetime],
    migrations: Sequence[Path] = (migrate.FOLDER,),
    wakes: bool = False,
) -> Store:
    """Migrate, check the key, connect. `now` is the business clock, `lease_now` real time.

    With `wakes` the store hears of other processes' commits to the same PostgreSQL, and tells of its own.
    """
    url = checked(url)
    with told_away():
        await migrate.migrate(url, migrations)
        database = await Database.connect(url, now=now, lease_now=lease_now)
    try:
        key = await _key(database, state, secret)
    except BaseException:
        await database.close()
        raise
    if wakes and not database.sqlite:
        shared = Wakes(url, database.woken)
        database.tells.append(shared.tell)
        database.closers.append(shared.close)
    return Store(database, secrets.Box(key), state)


async def _key(database: Database, state: Path, secret: str | None) -> str:
    with database.entered():
        async with database.transaction() as tx:
            found = await database.one(_KEY, tx=tx)
            known = found["value"] if found else None
            key = await asyncio.to_thread(
                secrets.settle_key, secret, state, known, file_allowed=database.sqlite
            )
            mine = secrets.fingerprint(key)
            await database.rows(_KEEP_KEY, mine, tx=tx)
            found = await database.one(_KEY, tx=tx)
            if found is None or found["value"] != mine:  # another process was first, with another key
                secrets.refuse(state)
    return key


@contextmanager
def service_lock(url: str) -> Iterator[None]:
    """Held by the one running service of a SQLite file. On PostgreSQL there may be many: nothing is held."""
    if not checked(url).startswith("sqlite://"):
        yield
        return
    path = Path(url.removeprefix("sqlite://"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(migrate.flocked(path.with_name(path.name + ".running"), wait=False))
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"Another Frontdesk already runs on {path}. Stop it first, or use PostgreSQL to run several."
            ) from error
        yield
