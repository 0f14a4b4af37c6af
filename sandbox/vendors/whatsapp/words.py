"""What this account has: ids, secrets, templates; and what WhatsApp says when it refuses."""

from __future__ import annotations

from typing import Any

from sandbox.vendors.meta import EXPIRED, refusal
from sandbox.vendors.stage import Answer

# They open the sandbox only.
NUMBER_ID, ACCOUNT_ID, APP_ID = "106540352242922", "102290129340398", "670843887433847"
NUMBER, TITLE = "37052000000", "Alder & Finch"
TOKEN = "EAAJB5eedC0ffee5ca1ab1e0ddba11f00dSANDBOX"  # noqa: S105
SECRET = "5eedc0ffee5ca1ab1e0ddba11f00dbee"  # noqa: S105
VERIFY = "sandbox-verify-token"

CLOSED = "Message failed to send because more than 24 hours have passed since the customer last replied."
UNREACHABLE = "Message Undeliverable."
REFUSALS: dict[str, Answer] = {
    "too_many": refusal(
        131056,
        "(Business Account, Consumer Account) pair rate limit hit",
        details="Message failed to send because there were too many messages sent to the same phone number "
        "in a short period of time.",
    ),
    "window_closed": refusal(131047, "Re-engagement message", details=CLOSED),
    "blocked": refusal(131026, "Message undeliverable", details=UNREACHABLE),
    "bad_media": refusal(131053, "Media upload error", details="Unsupported media."),
    "misconfigured": EXPIRED,
    "server_error": refusal(2, "Service temporarily unavailable", status=500, transient=True),
}


def odd(parameter: str, why: str) -> Answer:
    """A parameter that is not as it should be."""
    return refusal(100, "Invalid parameter", details=f"Param {parameter} {why}")


def _template(name: str, body: str, *more: dict[str, Any], **other: str) -> dict[str, Any]:
    about = {"name": name, "language": "en", "status": "APPROVED", "category": "UTILITY"}
    parts = [{"type": "BODY", "text": body}, *more]
    return {**about, "parameter_format": "POSITIONAL", "id": f"7{len(body):09}", **other, "components": parts}


TEMPLATES = [
    _template("still_interested", "Hello {{1}}, are you still interested in {{2}}?"),
    _template(
        "your_order_is_ready",
        "Your order is ready. When will you come?",
        {"type": "FOOTER", "text": TITLE},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Today"}]},
    ),
    _template("with_a_picture", "Look at this", {"type": "HEADER", "format": "IMAGE"}),
    _template("not_yet", "Hello", status="PENDING"),
]
