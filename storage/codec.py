"""How values are written so that both databases give back the very same: text, moments, JSON, events.

PostgreSQL refuses NUL in text, and neither database takes a lone surrogate; customers send both.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from leads.events import Inbound

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = "\uf8f0"  # private use: stands before four hex digits; is itself written that way
_UNSAFE = re.compile(f"[\x00\ud800-\udfff{_MARK}]")
_PACKED = re.compile(f"{_MARK}([0-9a-f]{{4}})")


def pack(text: str) -> str:
    """The text as both databases can hold it."""
    return _UNSAFE.sub(lambda found: f"{_MARK}{ord(found[0]):04x}", text)


def unpack(text: str) -> str:
    """The text as it was before `pack`."""
    if _MARK not in text:
        return text
    return _PACKED.sub(lambda found: chr(int(found[1], 16)), text)


def micros(moment: datetime) -> int:
    """Microseconds since 1970: exact, and compared alike in both databases."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def maybe_moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def fold(text: str) -> str:
    """The text as it is searched: any case of any script is one."""
    return unicodedata.normalize("NFKC", text).casefold()


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dumps(value: Any, kind: Any = Any) -> str:
    """JSON as a text column holds it; what has its default value is left out."""
    # Not pydantic's own JSON: it mangles keys with a lone surrogate.
    plain = adapter(kind).dump_python(value, exclude_defaults=True)
    return _json(plain)


def _json(plain: Any) -> str:
    return pack(_encode(plain))


def _worded(value: Any) -> str:
    """Moments and spans of time as pydantic reads them back, to the microsecond."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"P{value.days}DT{value.seconds}.{value.microseconds:06}S"
    raise TypeError(f"{type(value).__name__} cannot be stored")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_worded).encode


def loads(text: str, kind: Any = Any) -> Any:
    return adapter(kind).validate_python(json.loads(unpack(text)))


def dump_event(event: Inbound) -> str:
    return dumps(event, Inbound)


def load_event(text: str) -> Inbound:
    event: Inbound = loads(text, Inbound)
    return event


def dump_update(update: Mapping[str, Any]) -> str:
    return _json(update)


def load_update(text: str) -> dict[str, Any]:
    update: dict[str, Any] = json.loads(unpack(text))
    return update
