"""Statements over many rows at once: PostgreSQL unnests arrays, SQLite reads one JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from storage.database import Database, Tx


class Statement:
    """One statement in which `{given}` is a table `w` of the rows it is run with.

    `columns` names the table's columns with their types in PostgreSQL. `{beside}` is one more argument.
    """

    def __init__(self, text: str, columns: Mapping[str, str]) -> None:
        names, types = list(columns), list(columns.values())
        arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(types, 1))
        values = ", ".join(f"value ->> {n} AS {name}" for n, name in enumerate(names))
        given = {
            "postgres": f"unnest({arrays}) AS w ({', '.join(names)})",
            "sqlite": f"(SELECT {values} FROM json_each($1)) AS w",  # noqa: S608  names of ours
        }
        beside = {"postgres": f"${len(names) + 1}", "sqlite": "$2"}
        self._texts = {
            dialect: text.replace("{given}", table).replace("{beside}", beside[dialect])
            for dialect, table in given.items()
        }

    async def run(
        self, db: Database, tx: Tx, rows: Sequence[Sequence[Any]], *beside: Any
    ) -> list[dict[str, Any]]:
        """What it returns, for any number of rows; nothing is asked for none."""
        if not rows:
            return []
        args = [json.dumps(rows, ensure_ascii=False)] if db.sqlite else _turned(rows)
        return await db.rows(self._texts[db.dialect], *args, *beside, tx=tx)


class Insert:
    """Puts rows that bring their ids along into a table; in PostgreSQL `unless` is its ON CONFLICT clause."""

    def __init__(self, table: str, columns: Mapping[str, str], unless: str = "") -> None:
        names = ", ".join(columns)
        arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(columns.values(), 1))
        marks = ", ".join("?" for _ in columns)
        into = f"INSERT INTO {table} ({names})"
        self._arrays = f"{into} SELECT * FROM unnest({arrays}) {unless} RETURNING id"  # noqa: S608
        self._single = f"{into} VALUES ({marks})"

    async def run(self, db: Database, tx: Tx, rows: Sequence[Sequence[Any]]) -> set[int]:
        """The ids that are stored now; the id comes first in a row."""
        if not rows:
            return set()
        if db.sqlite:  # its transactions come one after the other: what was looked up before is still true
            await tx.execute_many(self._single, list(map(list, rows)))
            return {row[0] for row in rows}
        return {row["id"] for row in await db.rows(self._arrays, *_turned(rows), tx=tx)}


_NEXT = "SELECT name, nextval((name || '_id_seq')::regclass) AS id FROM unnest($1::text[]) AS w (name)"
_LAST = "SELECT name, seq FROM sqlite_sequence"


async def numbers(db: Database, tx: Tx, tables: Sequence[str]) -> dict[str, Iterator[int]]:
    """Ids for new rows: as many of each table as it is named, ascending."""
    if db.sqlite:  # the transaction holds the lock; the inserts move the sequence on
        last = {row["name"]: row["seq"] for row in await db.rows(_LAST, tx=tx)}
        return {table: count(last.get(table, 0) + 1) for table in tables}
    found = await db.rows(_NEXT, list(tables), tx=tx) if tables else []
    return {table: iter(sorted(row["id"] for row in found if row["name"] == table)) for table in set(tables)}


def _turned(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
