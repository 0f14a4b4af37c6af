"""A database that has seen many leads: rows by plain SQL, one text for both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import asyncpg

from bench.places import Place

OPEN_SHARE = 100  # one lead of so many is open
WORDS = 997  # first names, and as many last names and things
FIRST_PHONE = 1_000_000  # behind the prefix of all
_SYLLABLES = ("ka", "ri", "mo", "len", "ta", "vis", "do", "nor", "su", "bel")

# PostgreSQL counts by itself, and has to be told that numbers were given.
_COUNTED = """
SELECT setval(pg_get_serial_sequence(t, 'id'), {leads} + 1)
FROM unnest(ARRAY['contact', 'conversation', 'lead']) AS t"""


def word(number: int) -> str:
    """A made-up name of three syllables."""
    return "".join(_SYLLABLES[number // 10**place % 10] for place in range(3))


def fill(place: Place, leads: int, managers: int) -> None:
    """So many leads, each with a person, a phone, an e-mail, two messages and a reminder that is not due."""
    words = ", ".join(f"({k}, '{word(k)}')" for k in range(WORDS))
    text = Path(__file__).with_name("fill.sql").read_text("utf-8")
    given = {"leads": leads, "words": words, "of": WORDS, "managers": managers, "share": OPEN_SHARE}
    for name, value in {**given, "phones": FIRST_PHONE}.items():
        text = text.replace(f"{{{name}}}", str(value))
    if place.url.startswith("sqlite://"):
        _sqlite(place.url.removeprefix("sqlite://"), text.split(";"))
    else:
        asyncio.run(_postgres(place.url, text.split(";"), leads))


def _sqlite(path: str, statements: Iterable[str]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "cache_size = -400000",
            "temp_store = MEMORY",
        ):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        for statement in statements:
            database.execute(statement)
        database.execute("COMMIT")


async def _postgres(url: str, statements: Iterable[str], leads: int) -> None:
    connection = await asyncpg.connect(url, command_timeout=1200)
    try:
        # Foreign keys of rows that were made to fit need no looking up; triggers of our own stay on.
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "work_mem = '256MB'",
        ):
            await connection.execute(f"SET {setting}")
        for statement in statements:
            await connection.execute(statement)
        await connection.execute(_COUNTED.format(leads=leads))
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
