"""Statements over many rows at once: they come as one JSON text, which both databases read.

PostgreSQL's arrays would say the same, but asyncpg asks of each element of each whether it is an array too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from pydantic_core import to_json

from storage.database import Database, Tx

_EACH = {"postgres": "jsonb_array_elements($1::jsonb) AS j (value)", "sqlite": "json_each($1)"}


class Statement:
    """One statement in which `{given}` is a table `w` of the rows it is run with.

    `columns` names the table's columns with their types in PostgreSQL. `{beside}` is one more argument.
    """

    def __init__(self, text: str, columns: Mapping[str, str]) -> None:
        self._texts = {
            dialect: text.replace("{given}", _table(dialect, columns)).replace("{beside}", "$2")
            for dialect in _EACH
        }

    async def run(
        self, db: Database, tx: Tx, rows: Sequence[Sequence[Any]], *beside: Any
    ) -> list[dict[str, Any]]:
        """What it returns, for any number of rows; nothing is asked for none."""
        if not rows:
            return []
        return await db.rows(self._texts[db.dialect], _json(rows), *beside, tx=tx)


class Insert:
    """Puts rows that bring their ids along into a table; in PostgreSQL `unless` is its ON CONFLICT clause.

    `blobs` names columns of bytes, which stand last in a row: no JSON holds them.
    """

    def __init__(
        self, table: str, columns: Mapping[str, str], unless: str = "", blobs: Sequence[str] = ()
    ) -> None:
        into = f"INSERT INTO {table} ({', '.join([*columns, *blobs])})"
        marks = ", ".join("?" for _ in [*columns, *blobs])
        arrays = "".join(f", unnest(${n}::bytea[])" for n, _ in enumerate(blobs, 2))
        names = ", ".join(["value", *blobs])
        read = ", ".join([_read("postgres", columns), *blobs])
        each = f"ROWS FROM (jsonb_array_elements($1::jsonb){arrays}) AS w ({names})"
        self._plain = len(columns)
        self._many = f"{into} SELECT {read} FROM {each} {unless} RETURNING id"  # noqa: S608  names of ours
        self._single = f"{into} VALUES ({marks})"

    async def run(self, db: Database, tx: Tx, rows: Sequence[Sequence[Any]]) -> set[int]:
        """The ids that are stored now; the id comes first in a row."""
        if not rows:
            return set()
        if db.sqlite:  # its transactions come one after the other: what was looked up before is still true
            await tx.execute_many(self._single, list(map(list, rows)))
            return {row[0] for row in rows}
        plain = _json([row[: self._plain] for row in rows])
        blobs = zip(*(row[self._plain :] for row in rows), strict=True)
        return {row["id"] for row in await db.rows(self._many, plain, *map(list, blobs), tx=tx)}


def _table(dialect: str, columns: Mapping[str, str]) -> str:
    return f"(SELECT {_read(dialect, columns)} FROM {_EACH[dialect]}) AS w"  # noqa: S608  names of ours


def _read(dialect: str, columns: Mapping[str, str]) -> str:
    """The columns of one row, which is the JSON array `value`."""
    if dialect == "sqlite":
        return ", ".join(f"value ->> {n} AS {name}" for n, name in enumerate(columns))
    return ", ".join(f"(value ->> {n})::{kind} AS {name}" for n, (name, kind) in enumerate(columns.items()))


def _json(rows: Sequence[Sequence[Any]]) -> str:
    return to_json(rows).decode()


_NEXT = """
SELECT name, nextval((name || '_id_seq')::regclass) AS id
FROM unnest($1::text[], $2::bigint[]) AS w (name, n), generate_series(1, n)"""
_LAST = "SELECT name, seq FROM sqlite_sequence"


async def numbers(db: Database, tx: Tx, tables: Sequence[str]) -> dict[str, Iterator[int]]:
    """Ids for new rows: as many of each table as it is named, ascending."""
    if db.sqlite:  # the transaction holds the lock; the inserts move the sequence on
        last = {row["name"]: row["seq"] for row in await db.rows(_LAST, tx=tx)}
        return {table: count(last.get(table, 0) + 1) for table in tables}
    wanted = Counter(tables)
    found = await db.rows(_NEXT, list(wanted), list(wanted.values()), tx=tx) if wanted else []
    return {table: iter(sorted(row["id"] for row in found if row["name"] == table)) for table in wanted}
