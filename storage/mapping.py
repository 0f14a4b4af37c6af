"""Between the frozen rows of `leads.model` and the tables: the names are the same on both sides."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from tortoise.models import Model

from leads.model import Contact, Identity, Message
from storage.codec import fold
from storage.models import TABLES

T = TypeVar("T")


_ALIASES = {"raw": "written"}
_NAMES = {
    kind: {field.name: _ALIASES.get(field.name, field.name) for field in fields(kind)} for kind in TABLES
}


def table_of(kind: type) -> type[Model]:
    return TABLES[kind]


def to_row(kind: type[T], found: Model) -> T:
    """The frozen row of a Tortoise object."""
    return kind(**{name: getattr(found, column) for name, column in _NAMES[kind].items()})


def new_row(row: Any) -> Model:
    """A Tortoise object to insert. Its own constructor would read our values as if they came encoded."""
    return table_of(type(row)).construct(**columns(row))


def columns(row: Any) -> dict[str, Any]:
    """A frozen row's values by column, without the id, with what it is searched by."""
    values = {column: getattr(row, name) for name, column in _NAMES[type(row)].items() if name != "id"}
    if (words := _searched(row)) is not None:
        values["search"] = fold(words)
    return values


def _searched(row: Any) -> str | None:
    if isinstance(row, Contact):
        return row.name
    if isinstance(row, Identity):
        return f"{row.name} {row.username}"
    if isinstance(row, Message):
        return " ".join([row.text, *(str(value) for value in row.fields.values())])
    return None
