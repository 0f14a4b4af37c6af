"""Reads bodies that strangers wrote, with limits, so that adapters meet only tame values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from channels.kit.errors import Malformed

MAX_DEPTH = 32
MAX_ITEMS = 10_000  # members and elements together
MAX_DIGITS = 40
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # as JSON escapes it; UTF-8 has none


def parse_json(body: bytes, *, max_depth: int = MAX_DEPTH, numbers_as_text: bool = False) -> Any:
    """The JSON value; raises `Malformed` saying what is wrong.

    Whole numbers of more than 40 digits stay text, and so do all numbers on request.
    No string holds half of a surrogate pair.
    """
    text = text_of(body)
    try:
        value = (_NUMBERS_AS_TEXT if numbers_as_text else _NUMBERS).decode(text)
    except RecursionError:
        raise Malformed(f"The JSON is nested deeper than {max_depth} levels.") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    return value if _surely_tame(text, max_depth) else _Tamer(max_depth).tame(value, 0)


def text_of(body: bytes) -> str:
    """The body as text, a byte order mark taken off; raises `Malformed` when it is not UTF-8."""
    try:
        return body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 (byte {error.start}).") from None


def well_formed(text: str) -> str:
    """The text with each half of a surrogate pair replaced by U+FFFD: no store could write it."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def content_type(headers: Mapping[str, str]) -> str:
    """The media type in lower case, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether it is `application/json` or ends in `+json`."""
    return media_type == "application/json" or media_type.endswith("+json")


def _surely_tame(text: str, max_depth: int) -> bool:
    """Whether JSON with so few brackets and commas, and without halves of surrogates, needs no walk."""
    opened = text.count("{") + text.count("[")
    return opened <= max_depth and opened + text.count(",") <= MAX_ITEMS and not _SURROGATE.search(text)


class _Tamer:
    """Copies a value while counting, so that one walk checks depth, size and texts."""

    def __init__(self, max_depth: int) -> None:
        self._left = MAX_ITEMS
        self._max_depth = max_depth

    def tame(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return well_formed(value)
        if not isinstance(value, dict | list):
            return value
        if depth >= self._max_depth:
            raise Malformed(f"The JSON is nested deeper than {self._max_depth} levels.")
        self._left -= len(value)
        if self._left < 0:
            raise Malformed(f"The JSON has more than {MAX_ITEMS} members.")
        if isinstance(value, list):
            return [self.tame(one, depth + 1) for one in value]
        return {well_formed(key): self.tame(one, depth + 1) for key, one in value.items()}


def _int(digits: str) -> int | str:
    return int(digits) if len(digits.lstrip("-")) <= MAX_DIGITS else digits


def _refuse_constant(name: str) -> None:
    raise Malformed(f"The body is not JSON: {name} is no JSON value.")


_NUMBERS = json.JSONDecoder(parse_int=_int, parse_constant=_refuse_constant)
_NUMBERS_AS_TEXT = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)
