"""Buttons: up to three under the message, up to ten in a list, else as lines of the text.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leads.events import Button

BODY_LIMIT = 1024
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
ROWS, ROW_TITLE, ROW_ID, ROW_MORE = 10, 24, 200, 72


def interactive(text: str, buttons: Sequence[Button], list_button: str) -> dict[str, Any] | None:
    """The `interactive` of a message; None where it has to be a plain text, see `plain`."""
    if not buttons or not text.strip() or len(text) > BODY_LIMIT or any(one.url for one in buttons):
        return None
    if len(buttons) <= BUTTONS and all(_fits(one, BUTTON_TITLE, BUTTON_ID) for one in buttons):
        replies = [
            {"type": "reply", "reply": {"id": one.data or one.text, "title": one.text}} for one in buttons
        ]
        return {"type": "button", "body": {"text": text}, "action": {"buttons": replies}}
    if len(buttons) <= ROWS and all(_fits(one, ROW_TITLE + ROW_MORE, ROW_ID) for one in buttons):
        sections = [{"title": list_button, "rows": [_row(one) for one in buttons]}]
        return {
            "type": "list",
            "body": {"text": text},
            "action": {"button": list_button, "sections": sections},
        }
    return None


def plain(text: str, buttons: Sequence[Button]) -> str:
    """The text with what the buttons say below it."""
    choices = [one for one in buttons if not one.url]
    lines = [f"{number}. {one.text}" for number, one in enumerate(choices, 1)]
    lines += [f"{one.text}: {one.url}" for one in buttons if one.url]
    return "\n".join([text, *lines]).lstrip("\n") if lines else text


def _fits(button: Button, title: int, data: int) -> bool:
    return 0 < len(button.text) <= title and len(button.data or button.text) <= data


def _row(button: Button) -> dict[str, str]:
    """Words that are too long for a row go on below it."""
    row = {"id": button.data or button.text, "title": button.text[:ROW_TITLE]}
    if len(button.text) > ROW_TITLE:
        row["description"] = button.text[ROW_TITLE - 1 :]
        row["title"] = button.text[: ROW_TITLE - 1] + "…"
    return row
