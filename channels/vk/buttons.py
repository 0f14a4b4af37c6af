"""Buttons under a message, and the marks in what comes back.

Source: https://dev.vk.com/ru/api/bots/development/keyboard

Ours are of type "text": pressing writes the label into the chat, with our payload beside it. A "callback"
button would wait for an answer of ours within a minute, and old applications do not know it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from channels.kit.errors import Malformed
from channels.kit.reading import parse_json
from leads.events import Button

LABEL = 40
ROWS = 6  # of an inline keyboard; each has up to five buttons, ten in all
DATA = "button"
OWN = json.dumps({"desk": 1})  # goes with all that we send, so that its echo is known


def keyboard(buttons: tuple[Button, ...]) -> str:
    """An inline keyboard: one button a row, two when there are more than six."""
    across = 1 if len(buttons) <= ROWS else 2
    shown = [_shown(button) for button in buttons]
    rows = [shown[place : place + across] for place in range(0, len(shown), across)]
    return json.dumps({"inline": True, "buttons": rows}, ensure_ascii=False)


def pressed(payload: Any) -> str | None:
    """The data of a button of ours, None of any other payload."""
    value = read(payload)
    data = value.get(DATA) if isinstance(value, Mapping) else None
    return data if isinstance(data, str) else None


def is_own(payload: Any) -> bool:
    """Whether the message with this payload was sent by us."""
    value = read(payload)
    return isinstance(value, Mapping) and value.get("desk") == 1


def read(payload: Any) -> Any:
    """The schema calls it a text with JSON; of callback buttons it comes as the value itself."""
    if not isinstance(payload, str):
        return payload
    try:
        return parse_json(payload.encode())
    except Malformed:
        return payload


def _shown(button: Button) -> dict[str, Any]:
    label = button.text if len(button.text) <= LABEL else button.text[: LABEL - 1] + "…"
    if button.url:
        return {"action": {"type": "open_link", "label": label, "link": button.url}}
    payload = json.dumps({DATA: button.data}, ensure_ascii=False)
    return {"action": {"type": "text", "label": label, "payload": payload}, "color": "primary"}
