"""A part of a call that cannot be read is kept as it came, and costs the other parts nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from channels.kit.contract import Item, Unreadable
from channels.kit.errors import Malformed
from channels.kit.tolerant import where


def or_parked(read: Callable[[Any], Sequence[Item]], raw: Any, what: str) -> Sequence[Item]:
    """What `read` makes of a body or of a part of its JSON, or that itself; `what` names the whole of it."""
    try:
        return read(raw)
    except Malformed as error:
        why = str(error)
    except ValidationError as error:
        why = where(error, what)
    return (Unreadable(raw_of(raw), why),)


def raw_of(part: Any) -> bytes:
    """As bytes; escapes keep even half a surrogate pair."""
    try:
        return part if isinstance(part, bytes) else json.dumps(part).encode()
    except RecursionError:
        return b""  # the call itself is kept with all its bytes
