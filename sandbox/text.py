"""Text the way Telegram counts, cleans and marks it."""

from __future__ import annotations

import re
from typing import Any

_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_REMOVED = re.compile("[\r\u2028-\u202e]")
_MARKS = re.compile(
    r"(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>https?://[^\s<>\"]+)"
    r"|(?<![\w/])(?P<bot_command>/\w{1,64}(?:@\w+)?)"
)


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    """What tdlib's clean_input_string leaves: controls become spaces, bidi overrides vanish."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(" ", _REMOVED.sub("", text))


def marks(text: str) -> list[dict[str, Any]]:
    """The entities that an app finds by itself: commands, links, addresses."""
    return [
        {
            "type": match.lastgroup,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match[0]),
        }
        for match in _MARKS.finditer(text)
    ]
