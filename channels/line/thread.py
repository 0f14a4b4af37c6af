"""Where an answer goes: the person, and what the newest event of the chat gave us to answer with.

A reply token is good once and for about a minute; it costs nothing, a push counts against the month's quota.
Source: https://developers.line.biz/en/reference/messaging-api/#send-reply-message
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic_core import to_json


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation's thread; everything but the person may be empty."""

    to: str
    reply: str = ""  # the reply token
    message: str = ""  # the newest message of the customer …
    quote: str = ""  # … the token that quotes it …
    read: str = ""  # … and the one that marks it as read


def written(thread: Thread) -> str:
    """As text; the person's id alone when there is no more."""
    told = {name: value for name in Thread.__slots__ if (value := getattr(thread, name))}
    return to_json(told).decode() if len(told) > 1 else thread.to


def understood(text: str) -> Thread:
    """The other way round."""
    if not text.startswith("{"):
        return Thread(text)
    return Thread(**json.loads(text))
