"""The ends of a copy: whole tables, past Tortoise, in one transaction, with nobody else at work."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from typing import Any, Protocol

import asyncpg

from storage.backends import CONNECT_SECONDS, POSTGRES_SETTINGS
from storage.errors import AlreadyRunning
from storage.lifecycle import service_lock

Row = tuple[Any, ...]
Rows = AsyncIterator[Row]
AT_ONCE = 500  # rows in hand; some of them hold whole calls
LEAVING = (0.0, 0.1, 0.4, 1.5)  # seconds

_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()"""
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"""
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()"
_SEQUENCE = "_id_seq"


class End(Protocol):
    """One database, inside a transaction."""

    async def columns(self, table: str) -> list[str]: ...

    async def count(self, table: str) -> int: ...

    def rows(self, table: str, columns: Sequence[str]) -> Rows:
        """All of them, in no order."""

    async def empty(self, table: str) -> None: ...

    async def put(self, table: str, columns: Sequence[str], rows: Rows) -> None: ...

    async def last_ids(self) -> dict[str, int]:
        """The last id that each table gave out, also where its row is gone: causes name rows by their ids."""

    async def go_on_after(self, ids: Mapping[str, int]) -> None: ...


class Sqlite:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    async def columns(self, table: str) -> list[str]:
        return [name for (name,) in self._db.execute("SELECT name FROM pragma_table_info(?)", (table,))]

    async def count(self, table: str) -> int:
        return int(self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608

    async def rows(self, table: str, columns: Sequence[str]) -> Rows:
        for row in self._db.execute(f"SELECT {_listed(columns)} FROM {table}"):  # noqa: S608
            yield row

    async def empty(self, table: str) -> None:
        self._db.execute(f"DELETE FROM {table}")  # noqa: S608

    async def put(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        marks = ", ".join("?" for _ in columns)
        into = f"INSERT INTO {table} ({_listed(columns)}) VALUES ({marks})"  # noqa: S608
        async for row in rows:
            self._db.execute(into, row)

    async def last_ids(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT name, seq FROM sqlite_sequence"))

    async def go_on_after(self, ids: Mapping[str, int]) -> None:
        self._db.execute("DELETE FROM sqlite_sequence")
        self._db.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", ids.items())


class Postgres:
    def __init__(self, db: asyncpg.Connection) -> None:
        self._db = db

    async def columns(self, table: str) -> list[str]:
        return [row[0] for row in await self._db.fetch(_COLUMNS, table)]

    async def count(self, table: str) -> int:
        return int(await self._db.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608

    async def rows(self, table: str, columns: Sequence[str]) -> Rows:
        async for row in self._db.cursor(f"SELECT {_listed(columns)} FROM {table}", prefetch=AT_ONCE):  # noqa: S608
            yield tuple(row)

    async def empty(self, table: str) -> None:
        await self._db.execute(f"DELETE FROM {table}")  # noqa: S608

    async def put(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        await self._db.copy_records_to_table(table, columns=list(columns), records=rows)

    async def last_ids(self) -> dict[str, int]:
        names = [row[0] for row in await self._db.fetch(_SEQUENCES)]
        found = {name: await self._db.fetchrow(f"SELECT last_value, is_called FROM {name}") for name in names}  # noqa: S608
        return {name.removesuffix(_SEQUENCE): last for name, (last, called) in found.items() if called}

    async def go_on_after(self, ids: Mapping[str, int]) -> None:
        for table, last in ids.items():
            await self._db.fetchval("SELECT setval($1::text::regclass, $2)", table + _SEQUENCE, last)


@asynccontextmanager
async def opened(url: str, tables: Sequence[str], *, write: bool) -> AsyncIterator[End]:
    """In a transaction that is committed at the end. Raise `AlreadyRunning` while a service works on it."""
    ends = _sqlite(url, write=write) if url.startswith("sqlite://") else _postgres(url, tables, write=write)
    async with ends as end:
        yield end


@asynccontextmanager
async def _sqlite(url: str, *, write: bool) -> AsyncIterator[End]:
    with service_lock(url), closing(sqlite3.connect(url.removeprefix("sqlite://"))) as db:
        db.isolation_level = None
        db.execute("PRAGMA busy_timeout = 5000")
        db.execute(f"PRAGMA query_only = {not write:d}")
        db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        yield Sqlite(db)
        if write and (broken := db.execute("PRAGMA foreign_key_check").fetchall()):
            raise sqlite3.IntegrityError(f"foreign keys broken: {broken[:5]}")
        db.execute("COMMIT")


@asynccontextmanager
async def _postgres(url: str, tables: Sequence[str], *, write: bool) -> AsyncIterator[End]:
    name = POSTGRES_SETTINGS["application_name"]
    db = await asyncpg.connect(url, timeout=CONNECT_SECONDS, server_settings={"application_name": name})
    try:
        await _alone(db, name)
        transaction = db.transaction(isolation="repeatable_read", readonly=not write)
        await transaction.start()
        await db.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
        yield Postgres(db)
        await transaction.commit()
    except BaseException:
        db.terminate()  # in the midst of a COPY there is no saying ROLLBACK
        raise
    await db.close()


async def _alone(db: asyncpg.Connection, name: str) -> None:
    """PostgreSQL needs a moment to notice that somebody has left."""
    for pause in LEAVING:
        await asyncio.sleep(pause)
        if not await db.fetchval(_OTHERS, name):
            return
    raise AlreadyRunning(name)


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
