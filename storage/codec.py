"""How values are written so that both databases give back the very same: text, moments, JSON, events.

PostgreSQL refuses NUL in text, and neither database takes a lone surrogate; customers send both.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, to_json

from leads.events import Inbound

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = "\uf8f0"  # private use: stands before four hex digits; is itself written that way
_LOST = "\ufffd"
_UNSAFE = re.compile(f"[\x00\ud800-\udfff{_MARK}]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_PACKED = re.compile(f"{_MARK}([0-9a-f]{{4}})")


def pack(text: str) -> str:
    """The text as both databases can hold it."""
    if text.isascii() and "\x00" not in text:
        return text
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
    """The text as it is searched: any case of any script is one, and accents do not count."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _ACCENTS.sub("", plain)


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dumps(value: Any, kind: Any = Any) -> str:
    """JSON as a text column holds it; what has its default value is left out."""
    known = adapter(kind)
    return _written(
        lambda: known.dump_json(value, exclude_defaults=True),
        lambda: known.dump_python(value, exclude_defaults=True),
    )


def dump_json(plain: Any) -> str:
    """The same of plain JSON values: of headers, of raw updates."""
    return _written(lambda: to_json(plain), lambda: plain)


def _written(quickly: Callable[[], bytes], plain: Callable[[], Any]) -> str:
    """Pydantic's JSON, except where there is half of a surrogate pair: it refuses it in a value, and in a key
    it puts U+FFFD in its place."""
    try:
        text = quickly().decode()
    except PydanticSerializationError:
        text = _LOST
    return pack(_encode(plain()) if _LOST in text else text)


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
    return dump_json(update)


def load_update(text: str) -> dict[str, Any]:
    update: dict[str, Any] = json.loads(unpack(text))
    return update
