"""Proofs on raw bytes: secrets, HMACs, timestamps, and the Standard Webhooks scheme."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

from channels.kit.errors import Rejected
from leads.events import Call

MAX_SKEW = 300  # seconds, both ways


def same(given: str | bytes, ours: str | bytes) -> bool:
    """Compare in constant time; text of any alphabet. An empty `ours` never matches."""
    return bool(ours) and hmac.compare_digest(_bytes(given), _bytes(ours))


def header(call: Call, name: str) -> str:
    """The header's value; raises `Rejected` naming it when it is absent."""
    value = call.headers.get(name, "")
    if not value:
        raise Rejected(f"The header {name} is missing.")
    return value


def require_secret(call: Call, name: str, ours: str) -> None:
    """Raise `Rejected` unless the header holds our secret."""
    if not same(header(call, name), ours):
        raise Rejected(f"The header {name} does not hold this source's secret.")


def hmac_sha256(secret: str | bytes, *parts: str | bytes) -> bytes:
    """The raw digest over the parts put together; `.hex()` or `base64_text` makes it text."""
    return hmac.new(_bytes(secret), b"".join(map(_bytes, parts)), hashlib.sha256).digest()


def base64_text(raw: bytes) -> str:
    """Standard base64 as text."""
    return base64.b64encode(raw).decode()


def require_fresh(timestamp: str, now: datetime, *, unit: int = 1) -> None:
    """Raise `Rejected` when the Unix time (`unit` per second) is more than 300 s off, either way."""
    # Bounded, ASCII only: int() would take "١٢" and a megabyte of digits too.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 16):
        raise Rejected("The timestamp is not a Unix time.")
    if abs(int(timestamp) / unit - now.timestamp()) > MAX_SKEW:
        raise Rejected("The timestamp is more than five minutes off; check the sender's clock and sign anew.")


def standard_webhook(call: Call, secret: str) -> str:
    """Check the Standard Webhooks headers and return the event id; raises `Rejected`.

    The signed text is `{id}.{timestamp}.{raw body}`; the header may list several signatures.
    """
    event, timestamp = header(call, "webhook-id"), header(call, "webhook-timestamp")
    require_fresh(timestamp, call.received_at)
    ours = standard_signature(secret, event, timestamp, call.body)
    given = header(call, "webhook-signature").split(" ")
    if not any(same(one, ours) for one in given):
        raise Rejected("No signature in webhook-signature fits the body; sign the raw bytes that are sent.")
    return event


def standard_signature(secret: str, event: str, timestamp: str, body: bytes) -> str:
    """One entry `v1,<base64>` of the header webhook-signature."""
    return "v1," + base64_text(hmac_sha256(standard_key(secret), f"{event}.{timestamp}.", body))


def standard_key(secret: str) -> bytes:
    """The key inside `whsec_<base64>`; raises `ValueError` when it is none."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a signing secret is whsec_ and base64") from error


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
