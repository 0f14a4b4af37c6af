"""Twilio's signature, and the form that it covers.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from channels.kit.contract import Source
from channels.kit.errors import Malformed, Rejected
from channels.kit.verify import base64_text, header, same
from channels.twilio.settings import Settings
from leads.events import Call

HEADER = "x-twilio-signature"
# Sent where webhooks are signed with a key of the company's own: `key=…,algorithm=HMAC_SHA256`.
SCHEME = "x-twilio-webhooks-signature-settings"
FIELDS = 500  # a real call has about thirty
_PORTS = {"https": 443, "http": 80}

Pairs = Sequence[tuple[str, str]]


def verify(source: Source, call: Call) -> None:
    """HMAC over the address that Twilio called and the form's fields in their order by name."""
    given = header(call, HEADER)
    if not source.base_url:
        raise Rejected("FRONTDESK_PUBLIC_URL is not set, and Twilio signs the address that it calls.")
    secret, algorithm = _key(source.settings, call.headers.get(SCHEME, ""))
    try:
        form = "".join(name + value for name, value in sorted(set(pairs(call.body))))
    except Malformed as error:
        raise Rejected(str(error)) from None
    for address in addresses(source.base_url, source.key):
        if same(given, base64_text(hmac.digest(secret, (address + form).encode(), algorithm))):
            return
    raise Rejected(
        "X-Twilio-Signature does not fit: check the auth token, and that FRONTDESK_PUBLIC_URL is "
        "the address that Twilio calls."
    )


def pairs(body: bytes) -> Pairs:
    """The form's fields, empty ones too; raises `Malformed`."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        raise Malformed("The body is no form.") from None


def _key(settings: Settings, scheme: str) -> tuple[bytes, str]:
    """The secret and the hash's name; without the second header it is the account's token."""
    parts = (part.partition("=") for part in scheme.split(","))
    algorithm = next((value.strip() for name, _, value in parts if name.strip() == "algorithm"), "")
    if algorithm.upper() in {"", "HMAC_SHA1"}:
        return _bytes(settings.auth_token), "sha1"
    if algorithm.upper() != "HMAC_SHA256" or settings.shared_key is None:
        raise Rejected(f"The header {SCHEME} names another key: set shared_key.")
    return _bytes(settings.shared_key), "sha256"


def _bytes(secret: SecretStr) -> bytes:
    return secret.get_secret_value().encode()


@lru_cache(maxsize=256)
def addresses(base_url: str, key: str) -> tuple[str, str]:
    """Ours as Twilio may have written it: "sig generation on back end is inconsistent" about the port."""
    parts = urlsplit(f"{base_url}/in/twilio/{key}")
    bare = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    full = f"{bare}:{parts.port or _PORTS.get(parts.scheme, 443)}"
    return parts._replace(netloc=bare).geturl(), parts._replace(netloc=full).geturl()
