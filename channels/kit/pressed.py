"""Buttons of vendors that give back only one text when one is pressed: data and title travel in it."""

from __future__ import annotations

import json

from channels.kit.errors import Malformed
from channels.kit.reading import parse_json
from leads.events import Button

MARK = "frontdesk:"  # no person types this


def packed(button: Button, limit: int) -> str:
    """What comes back when it is pressed: at most `limit` characters, if need be without the title."""
    for values in ([button.data, button.text], [button.data]):
        text = MARK + json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        if len(text) <= limit:
            break
    return text


def unpacked(text: str) -> tuple[str, dict[str, str]] | None:
    """The data and, in `title`, what stood on the button; None when it is no button of ours."""
    if not text.startswith(MARK):
        return None
    try:
        values = parse_json(text.removeprefix(MARK).encode())
    except Malformed:
        return None
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        return None
    return values[0], {"title": values[1]} if len(values) > 1 else {}
