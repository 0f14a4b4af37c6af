"""Refused
├── NotImplementedHere   501: real Telegram knows it, the stand-in does not
└── (everything else: Telegram's own status and words)
"""

from __future__ import annotations

from typing import Any

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup "
    "are exactly the same as a current content and reply markup of the message"
)
OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"

_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
}


class Refused(Exception):
    """An error answer; `why` follows the status' words, as in "Bad Request: chat not found"."""

    def __init__(self, why: str = "", status: int = 400, **parameters: Any) -> None:
        words = _WORDS.get(status, "Error")
        self.status = status
        self.description = f"{words}: {why}" if why else words
        self.parameters = parameters
        super().__init__(self.description)

    def body(self) -> dict[str, Any]:
        extra = {"parameters": self.parameters} if self.parameters else {}
        return {"ok": False, "error_code": self.status, "description": self.description} | extra


class NotImplementedHere(Refused):
    def __init__(self, what: str) -> None:
        super().__init__(f"the sandbox does not know {what} yet", 501)
