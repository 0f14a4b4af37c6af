"""What VK refuses, and in which words; HTTP is 200 all the same. https://dev.vk.com/ru/reference/errors"""

from __future__ import annotations

import json
from typing import Any

from sandbox.vendors.stage import Answer, Choice, Refused

GROUP, STAFF = 200100, 55
TOKEN = "vk1.a.SandboxTokenOpensNothingElse-0123456789"  # noqa: S105 - opens the sandbox only
VERSION = (5, 103)  # the oldest in which a message comes inside of message_new
TEXT, LABEL, PAYLOAD, ROWS, ACROSS, BUTTONS = 4096, 40, 255, 6, 5, 10
KEYBOARD = {"inline", "one_time", "buttons"}
Json = dict[str, Any]
Given = dict[str, str]  # a call's parameters


def failed(code: int, message: str) -> Answer:
    """VK's way to refuse."""
    return Answer.of({"error": {"error_code": code, "error_msg": message, "request_params": []}})


def odd(message: str) -> Refused:
    return Refused(failed(100, f"One of the parameters specified was missing or invalid: {message}"))


NO_TOKEN = failed(5, "User authorization failed: invalid access_token (4).")
NO_VERSION = failed(8, "Invalid request: v (version) is required")
NO_METHOD = failed(3, "Unknown method passed")
TOO_MANY = failed(6, "Too many requests per second")
NO_PERMISSION = failed(901, "Can't send messages for users without permission")
TOO_LONG = failed(914, "Message is too long")
BAD_KEYBOARD = Refused(failed(911, "Keyboard format is invalid"))
NO_ACCESS = Refused(failed(15, "Access denied"))
TOO_OLD = Refused(failed(909, "Can't edit this message, because it's too old"))


def done(response: object) -> Answer:
    return Answer.of({"response": response})


def keyboard(text: str) -> tuple[Choice, ...]:
    """The buttons of an inline keyboard."""
    try:
        board = json.loads(text)
        rows = board["buttons"]
        if board.get("inline") is not True or board.get("one_time") or not board.keys() <= KEYBOARD:
            raise BAD_KEYBOARD
        if not 0 < len(rows) <= ROWS or any(not 0 < len(row) <= ACROSS for row in rows):
            raise BAD_KEYBOARD
        choices = tuple(_choice(button["action"], button) for row in rows for button in row)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BAD_KEYBOARD from None
    if len(choices) > BUTTONS:
        raise BAD_KEYBOARD
    return choices


def _choice(action: Json, button: Json) -> Choice:
    label = action["label"]
    if not isinstance(label, str) or not 0 < len(label) <= LABEL:
        raise BAD_KEYBOARD
    if action["type"] == "open_link":
        # Only text and callback buttons have a colour.
        if "color" in button or not action["link"].startswith(("http://", "https://")):
            raise BAD_KEYBOARD
        return Choice(label, url=action["link"])
    payload = action["payload"]
    payload = payload if isinstance(payload, str) else json.dumps(payload)
    if action["type"] not in {"text", "callback"} or len(payload) > PAYLOAD:
        raise BAD_KEYBOARD
    json.loads(payload)
    return Choice(label, payload)
