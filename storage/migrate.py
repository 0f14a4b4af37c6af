"""Brings a database up to date: hand-written SQL, one text per dialect, under a lock, all or nothing.

A migration is `NNNN_name.<dialect>.sql`. An applied one is never changed: its checksum is kept.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from storage.errors import DatabaseTooNew, MigrationChanged

FOLDER = Path(__file__).parent / "migrations"
_TABLE = "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)"
_APPLIED = "SELECT name, checksum FROM migration ORDER BY name"
_POSTGRES_LOCK = 7_160_001  # any number, the same in every program that migrates


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def found(dialect: str, folders: Sequence[Path]) -> list[Migration]:
    files = [file for folder in folders for file in folder.glob(f"*.{dialect}.sql")]
    return [
        Migration(file.name.removesuffix(f".{dialect}.sql"), file.read_text())
        for file in sorted(files, key=lambda file: file.name)
    ]


def missing(known: Sequence[Migration], applied: dict[str, str]) -> list[Migration]:
    """Those still to apply, in order; refuses what was applied and is not the same here."""
    if unknown := sorted(applied.keys() - {migration.name for migration in known}):
        raise DatabaseTooNew(
            f"This database was migrated by a newer program ({unknown[-1]}). Start that one, or restore a "
            "backup from before it."
        )
    for migration in known:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationChanged(
                f"The applied migration {migration.name} is not the one of this program. "
                "Install a released version."
            )
    return [migration for migration in known if migration.name not in applied]


async def migrate(url: str, folders: Sequence[Path] = (FOLDER,)) -> None:
    """Apply what is missing. Whoever comes second waits until the first one is done."""
    if url.startswith("sqlite://"):
        path = Path(url.removeprefix("sqlite://"))
        await asyncio.to_thread(_sqlite, path, found("sqlite", folders))
    else:
        await _postgres(url, found("postgres", folders))


@contextmanager
def flocked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file; without `wait` raise BlockingIOError when somebody else does."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def _sqlite(path: Path, known: list[Migration]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with flocked(path.with_name(path.name + ".migrating")), closing(sqlite3.connect(path)) as db:
        db.isolation_level = None
        db.execute("PRAGMA busy_timeout = 5000")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA foreign_keys = OFF")  # a table that is rebuilt must not take its children along
        db.execute(_TABLE)
        if todo := missing(known, dict(db.execute(_APPLIED).fetchall())):
            _apply_sqlite(db, todo)


def _apply_sqlite(db: sqlite3.Connection, todo: list[Migration]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for migration in todo:
            for statement in statements(migration.text):
                db.execute(statement)
            db.execute("INSERT INTO migration VALUES (?, ?)", (migration.name, migration.checksum))
        if broken := db.execute("PRAGMA foreign_key_check").fetchall():
            raise sqlite3.IntegrityError(f"foreign keys broken by migration: {broken[:5]}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def statements(text: str) -> Iterator[str]:
    """One by one: `executescript` would commit before it starts."""
    pending = ""
    for piece in re.findall(r"[^;]*;|[^;]+$", text):
        pending += piece
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending


async def _postgres(url: str, known: list[Migration]) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _POSTGRES_LOCK)
            await connection.execute("SET LOCAL client_min_messages = warning")
            await connection.execute(_TABLE)
            applied = {row["name"]: row["checksum"] for row in await connection.fetch(_APPLIED)}
            for migration in missing(known, applied):
                await connection.execute(migration.text)
                await connection.execute(
                    "INSERT INTO migration VALUES ($1, $2)", migration.name, migration.checksum
                )
    finally:
        await connection.close()
