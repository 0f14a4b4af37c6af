"""Proof that what the stand-in emits and accepts has the Bot API's shape, by aiogram's models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def prove(kind: Any, value: Any) -> None:
    """Raises when `value` is not a `kind`, or carries a field that `kind` does not know."""
    model = adapter(kind).validate_python(value)
    unknown = next(unknown_fields(model), None)
    if unknown:
        raise ValueError(f"{kind} has no field {unknown}")


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """Dotted names of fields outside the model: aiogram's models let them pass."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or ():
            yield f"{path}{name}"
        for name in value.model_fields_set:
            inner = getattr(value, name, None)
            if isinstance(inner, BaseModel | list):
                yield from unknown_fields(inner, f"{path}{name}.")
    elif isinstance(value, list):
        for item in value:
            yield from unknown_fields(item, path)
