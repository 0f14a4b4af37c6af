"""What Meta's messengers share: handshake, signature, large batches, a Graph call and its failures.

Sources: https://developers.facebook.com/docs/graph-api/webhooks/getting-started (up to 1,000 updates a call),
https://developers.facebook.com/docs/graph-api/guides/error-handling (codes)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import aiohttp
from pydantic import SecretStr

from channels.kit import outbound
from channels.kit.contract import Item, Reply, Source
from channels.kit.errors import Malformed, Rejected
from channels.kit.parking import or_parked
from channels.kit.reading import parse_json, text_of
from channels.kit.shape import shaped
from channels.kit.verify import header, hmac_sha256, same
from leads.events import Call, SendCode, SendError

BODY_LIMIT = 4 * 1024 * 1024  # Meta's calls have up to 3 MB
PUBLIC = "https://graph.facebook.com"
VERSION = "v26.0"
SIGNATURE = "x-hub-signature-256"

# What a part of a large call must go through, see `read`.
Tame = Callable[[Any], Any]

# (code, subcode) goes before code.
Codes = Mapping[int | tuple[int, int], SendCode]

# The same on every product; a channel's own table goes before it.
_CODES: Codes = {
    **dict.fromkeys(range(200, 300), SendCode.MISCONFIGURED),  # a permission was not granted, or taken back
    0: SendCode.MISCONFIGURED,  # AuthException
    1: SendCode.UNAVAILABLE,  # unknown, or down
    2: SendCode.UNAVAILABLE,  # service
    3: SendCode.MISCONFIGURED,  # capability
    4: SendCode.UNAVAILABLE,  # the app's rate limit
    10: SendCode.MISCONFIGURED,  # permission
    102: SendCode.MISCONFIGURED,  # session
    190: SendCode.MISCONFIGURED,  # the token has expired or was revoked
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One of Graph's errors, from an answer or from a webhook."""

    code: int | None
    subcode: int | None
    transient: bool
    text: str


# Several are parted by commas.
AppSecrets = Annotated[
    SecretStr,
    shaped(
        r"\s*[\w-]{8,256}(\s*,\s*[\w-]{8,256})*\s*",
        "not an app secret: copy it from the app's settings; several are parted by commas",
    ),
]


def handshake(verify_token: SecretStr, call: Call) -> Reply | None:
    """Give the challenge back to who knows our verify token."""
    if call.method != "GET":
        return None
    known = same(call.query.get("hub.verify_token", ""), verify_token.get_secret_value())
    if call.query.get("hub.mode") != "subscribe" or not known:
        return Reply(403, b"The verify token is another one.")
    return Reply(200, call.query.get("hub.challenge", "").encode())


def verify(app_secrets: SecretStr, call: Call) -> None:
    """HMAC-SHA256 of the raw bytes with the secret of one of the apps (parted by commas) that push to us."""
    given = header(call, SIGNATURE)
    ours = ["sha256=" + hmac_sha256(secret, call.body).hex() for secret in secrets_of(app_secrets)]
    if not any(same(given, one) for one in ours):
        raise Rejected(f"The header {SIGNATURE} does not fit the body; check the app secret.")


def read(body: bytes) -> tuple[Any, Tame]:
    """The JSON, and what each update must go through before it is read; both raise `Malformed`.

    A batch has more members than `parse_json` takes at once, and one odd update does not cost the others.
    """
    try:
        return parse_json(body), _as_it_is
    except Malformed as error:
        try:
            return json.loads(text_of(body)), _tamed
        except (ValueError, RecursionError):
            raise error from None


def guarded(read: Callable[[Any], Sequence[Item]], raw: Any, tame: Tame) -> Sequence[Item]:
    """What `read` makes of a part of a call, or that part as it came."""
    return or_parked(lambda part: read(tame(part)), raw, "event")


async def graph(
    http: aiohttp.ClientSession,
    source: Source,
    method: str,
    path: str,
    *,
    what: str,
    token: SecretStr,
    codes: Codes,
    version: str = VERSION,
    public: str = PUBLIC,
    seconds: float = outbound.TIMEOUT,
    **options: Any,
) -> Any:
    """The JSON of one Graph call; raises `SendError`. `options` go to aiohttp."""
    return await outbound.request_json(
        http,
        method,
        f"{(source.api_base or public).rstrip('/')}/{version}/{path}",
        what=what,
        seconds=seconds,
        explain=partial(explained, what, token, codes),
        headers=bearer(token),
        **options,
    )


def bearer(token: SecretStr) -> dict[str, str]:
    """The header that proves us."""
    return {"Authorization": f"Bearer {token.get_secret_value()}"}


def explained(what: str, token: SecretStr, codes: Codes, answer: outbound.VendorAnswer) -> SendError | None:
    """The failure in our words, with Graph's sentence beside it; None when it is not one of Graph's."""
    error = answer.data.get("error") if isinstance(answer.data, dict) else None
    if not isinstance(error, dict):
        return None
    found = problem(error)
    # "Malformed access token …" repeats it.
    detail = f"{what}: {found.text or answer.status}".replace(token.get_secret_value(), "…")
    detail = detail[: outbound.DETAIL_LIMIT]
    code = send_code(found, codes) or (SendCode.UNAVAILABLE if found.transient else None)
    code = code or outbound.general_error(answer, what).code
    return SendError(code, detail, retry_after=outbound.retry_after(answer.headers))


def send_code(found: Problem, codes: Codes) -> SendCode | None:
    """Ours for theirs: by code and subcode, by code, by what all products share; None when unknown."""
    if found.code is None:
        return None
    exact = codes.get((found.code, found.subcode)) if found.subcode is not None else None
    return exact or codes.get(found.code) or _CODES.get(found.code)


def problem(error: Mapping[str, Any]) -> Problem:
    """Read code, error_subcode, message, title, error_data.details, is_transient; all may be missing."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    numbers = "/".join(str(one) for one in (code, subcode) if one is not None)
    words = dict.fromkeys(str(one) for one in (error.get("message") or error.get("title"), details) if one)
    text = f"{numbers} {' · '.join(words)}".strip()
    return Problem(code, subcode, error.get("is_transient") is True, text[: outbound.DETAIL_LIMIT])


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def secrets_of(secrets: SecretStr) -> list[str]:
    """The app secrets that stand in one setting, parted by commas."""
    return [one for part in secrets.get_secret_value().split(",") if (one := part.strip())]


def _as_it_is(update: Any) -> Any:
    return update


def _tamed(update: Any) -> Any:
    try:
        return parse_json(json.dumps(update).encode())
    except RecursionError:
        raise Malformed("The update is nested too deep.") from None
