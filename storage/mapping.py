"""Between the frozen rows of `leads.model` and the tables: the names are the same on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from tortoise.fields import Field
from tortoise.fields.data import IntField

from storage.models import TABLES

T = TypeVar("T")


_ALIASES = {"raw": "written"}
_NAMES = {
    kind: {field.name: _ALIASES.get(field.name, field.name) for field in fields(kind)} for kind in TABLES
}


def table_of(kind: type) -> str:
    return TABLES[kind]._meta.db_table


def field_of(kind: type, name: str) -> Field[Any]:
    """The Tortoise field that keeps a row's field."""
    return TABLES[kind]._meta.fields_map[_NAMES[kind][name]]


def _reader(kind: type, name: str) -> Callable[[Any], Any] | None:
    """How a stored value is read; numbers are what they are."""
    field = field_of(kind, name)
    return None if isinstance(field, IntField) else field.to_python_value


_READERS = {kind: [(name, _reader(kind, name)) for name in names] for kind, names in _NAMES.items()}


def to_row(kind: type[T], found: Mapping[str, Any]) -> T:
    """The frozen row of what a statement found."""
    return kind(*[read(found[name]) if read else found[name] for name, read in _READERS[kind]])


def writers(kind: type) -> list[tuple[str, Callable[[Any, Any], Any] | None]]:
    """By field, without the id, how a value is stored; numbers are what they are."""
    own = [(name, field_of(kind, name)) for name in _NAMES[kind] if name != "id"]
    return [(name, None if isinstance(field, IntField) else field.to_db_value) for name, field in own]
