"""Columns that hold a value the same way in both databases; see `codec.py`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

from tortoise.fields import BigIntField, Field

from storage import codec


def row_id() -> Any:
    return BigIntField(primary_key=True, generated=True)


class Text(Field[str], str):  # type: ignore[misc]
    """Any text at all; enums by their value."""

    SQL_TYPE = "TEXT"

    def to_db_value(self, value: Any, instance: Any) -> str | None:
        if value is None:
            return None
        return codec.pack(value.value if isinstance(value, Enum) else str(value))

    def to_python_value(self, value: Any) -> str | None:
        return None if value is None else codec.unpack(value)


class Choice(Field[Any], str):  # type: ignore[misc]
    """One of the values of a StrEnum."""

    SQL_TYPE = "TEXT"

    def __init__(self, kind: type[Enum], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def to_db_value(self, value: Any, instance: Any) -> str:
        return str(self.kind(value).value)

    def to_python_value(self, value: Any) -> Any:
        return self.kind(value)


class Moment(Field[Any], int):
    """An aware moment, kept as microseconds."""

    SQL_TYPE = "BIGINT"

    def to_db_value(self, value: datetime | None, instance: Any) -> int | None:
        return None if value is None else codec.micros(value)

    def to_python_value(self, value: Any) -> datetime | None:
        return codec.maybe_moment(value)


class Flag(Field[bool], int):
    """Yes or no, kept as 1 or 0: SQLite has nothing else."""

    SQL_TYPE = "SMALLINT"

    def to_db_value(self, value: Any, instance: Any) -> int:
        return int(value)

    def to_python_value(self, value: Any) -> bool:
        return bool(value)


class Json(Field[Any], str):  # type: ignore[misc]
    """A value of the given type as JSON text."""

    SQL_TYPE = "TEXT"

    def __init__(self, kind: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def to_db_value(self, value: Any, instance: Any) -> str:
        return codec.dumps(value, self.kind)

    def to_python_value(self, value: Any) -> Any:
        return codec.loads(value, self.kind) if isinstance(value, str) else value
