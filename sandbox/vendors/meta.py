"""What Meta's vendors share: Graph's way to refuse, the token, signed pushes, the handshake.

https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from sandbox.vendors.stage import Answer, Push, Refused

CHALLENGE = "1158201444"
HANDSHAKE_WITHIN = ClientTimeout(total=10)


def refusal(
    code: int,
    message: str,
    *,
    status: int = 400,
    details: str = "",
    subcode: int = 0,
    transient: bool = False,
) -> Answer:
    """Graph's error envelope."""
    error: dict[str, Any] = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    error |= {"error_subcode": subcode} if subcode else {}
    error |= {"is_transient": True} if transient else {}
    return Answer.of({"error": error | {"fbtrace_id": "AeL5andB0x"}}, status)


EXPIRED = refusal(190, "Error validating access token: Session has expired", status=401, subcode=463)


def missing(what: str) -> Answer:
    """There is no such object, or it is not for this token."""
    words = (
        f"Unsupported get request. Object with ID '{what}' does not exist, cannot be loaded due to missing "
    )
    return refusal(100, f"{words}permissions, or does not support this operation.", subcode=33)


def authenticated(request: web.Request, token: str) -> None:
    """Only the header is taken."""
    if request.headers.get("Authorization") != f"Bearer {token}":
        raise Refused(EXPIRED)


def pushed(told: Any, secret: str, lane: str) -> Push:
    """One call, signed; what is not ASCII is escaped, as Meta does."""
    body = json.dumps(told).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
    return Push(body, headers, lane=lane)


async def shakes_hands(http: ClientSession, url: str, verify_token: str) -> None:
    """An address is taken only if it gives the challenge back."""
    query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": CHALLENGE}
    try:
        async with http.get(url, params=query, timeout=HANDSHAKE_WITHIN) as answer:
            fine = answer.status == 200 and await answer.text() == CHALLENGE
    except (ClientError, TimeoutError, ValueError):
        fine = False
    if not fine:
        raise Refused(
            refusal(2200, "Callback verification failed", details="The challenge did not come back")
        )
