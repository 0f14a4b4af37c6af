"""Types for vendors' payloads: an optional member that is odd costs itself, never the message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_LAST = 253_402_300_799  # the second in which datetime ends

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Else:
    """In `Annotated`: the value of a member that cannot be read."""

    value: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Tell pydantic's core, so that it costs no call into Python."""
        return core_schema.with_default_schema(handler(source), default=self.value, on_error="default")


Text = Annotated[str, Else("")]
Id = Annotated[str, Field(min_length=1, max_length=500)]  # needed: what lacks it cannot be read
Whole = Annotated[int | None, Else(None)]
Decimal = Annotated[float | None, Field(allow_inf_nan=False), Else(None)]
Yes = Annotated[bool, Else(False)]
Seconds = Annotated[int | None, Field(ge=0, le=_LAST), Else(None)]
Millis = Annotated[int | None, Field(ge=0, le=_LAST * 1000 + 999), Else(None)]
Maybe = Annotated[T | None, Else(None)]
Items = Annotated[tuple[Any, ...], Else(())]  # read one by one where they are used


class Wire(BaseModel):
    """Unknown members pass; a number where a text is expected is its digits."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


def where(error: ValidationError, whole: str) -> str:
    """The first thing that did not fit, without a word of what the customer wrote."""
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or whole}: {first['msg']}"


def token(kind: object) -> str:
    """A vendor's kind as a short token for counting: `memberJoined` is member_joined."""
    words = _HUMP.sub("_", str(kind)[:80]).lower()
    return _OTHER.sub("_", words).strip("_")[:40] or "unknown"


def moment(millis: int | None) -> datetime | None:
    """An aware time of Unix milliseconds."""
    return None if millis is None else datetime.fromtimestamp(millis / 1000, UTC)


def at_second(seconds: int | None) -> datetime | None:
    """An aware time of Unix seconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def without_blanks(facts: Mapping[str, str]) -> dict[str, str]:
    """Those of the facts that say something."""
    return {key: value for key, value in facts.items() if value}
