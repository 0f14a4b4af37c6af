"""The domain's tables as commits write them: many rows of one kind in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tortoise.models import Model

from leads.errors import Conflict
from leads.model import Contact, Invite, Lead, Message, Reminder
from storage.database import Database, Tx
from storage.many import Insert, Statement
from storage.mapping import field_of, writers
from storage.models import TABLES

_POSTGRES = {"BIGINT": "bigint", "INT": "integer", "SMALLINT": "smallint", "TEXT": "text"}
_VERSIONED = "version = n_version"
_GUARDS = {
    Lead: _VERSIONED,
    Contact: _VERSIONED,
    Message: _VERSIONED,
    Reminder: "(n_state <> 'fired' OR state = 'waiting')",
    Invite: "(n_used_by IS NULL OR used_by IS NULL)",
}
_UPDATE = "UPDATE {table} SET {columns} FROM {{given}} WHERE id = n_id AND {guard} RETURNING id"


class Table:
    """Where the rows of one kind are kept."""

    def __init__(self, kind: type, model: type[Model]) -> None:
        self.name = model._meta.db_table
        self._writers = writers(kind)
        types = {name: _POSTGRES[field_of(kind, name).SQL_TYPE] for name, _ in self._writers}
        self._guarded = kind in _GUARDS
        self._insert = Insert(
            self.name, {"id": "bigint"} | {f'"{name}"': sort for name, sort in types.items()}
        )
        changed = ", ".join(f'"{name}" = n_{name}{" + 1" * (name == "version")}' for name in types)
        self._update = Statement(
            _UPDATE.format(table=self.name, columns=changed, guard=_GUARDS.get(kind, "true")),
            {"n_id": "bigint"} | {f"n_{name}": sort for name, sort in types.items()},
        )

    async def insert(self, db: Database, tx: Tx, rows: Sequence[Any]) -> None:
        await self._insert.run(db, tx, [self._values(row) for row in rows])

    async def replace(self, db: Database, tx: Tx, rows: Sequence[Any]) -> None:
        """Raise `Conflict` unless each is as it was read."""
        values = [self._values(row) for row in rows]
        if not self._guarded:  # the last word counts
            values = list({value[0]: value for value in values}.values())
        changed = await self._update.run(db, tx, values)
        if len(changed) < len(values):
            raise Conflict(f"{self.name} {[value[0] for value in values]}: not all are as they were read")

    def _values(self, row: Any) -> list[Any]:
        own = ((getattr(row, name), write) for name, write in self._writers)
        return [row.id, *(write(value, None) if write else value for value, write in own)]


BULK = {kind: Table(kind, model) for kind, model in TABLES.items()}
