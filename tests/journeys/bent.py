"""Webhook calls as a vendor's stand-in makes them, held back, changed, signed anew."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from journeys.vendors import Trade

from sandbox.vendors.stage import Push
from sandbox.vendors.vendor import Vendor

Path = tuple[str | int, ...]
Change = Callable[[Any], None]
"""bends what a call tells, in place"""


def caught(vendor: Vendor, act: Callable[[], object]) -> list[Push]:
    """The calls that come of an act; none of them leaves."""
    found: list[Push] = []
    post, vendor.stage.post = vendor.stage.post, found.append
    try:
        act()
    finally:
        vendor.stage.post = post
    return found


def written(trade: Trade, text: str) -> Push:
    """The call that tells of Ona's message."""
    [push] = caught(trade.vendor, lambda: trade.vendor.writes(trade.ona, text))
    return push


def at(told: Any, path: Path) -> Any:
    for step in path:
        told = told[step]
    return told


def read(push: Push) -> Any:
    """JSON, or the fields of a form."""
    if _is_form(push):
        return dict(parse_qsl(push.body.decode(), keep_blank_values=True))
    return json.loads(push.body)


def bent(vendor: Vendor, push: Push, change: Change) -> Push:
    """The same call telling something else; its proof is right."""
    told = deepcopy(read(push))
    change(told)
    body = (urlencode(told) if _is_form(push) else json.dumps(told)).encode()
    headers = dict(push.headers)
    for name in headers.keys() & _PROOFS.keys():
        headers[name] = _PROOFS[name](vendor.settings(), body, push.url or vendor.stage.hook)
    return replace(push, body=body, headers=headers)


async def posted(trade: Trade, *pushes: Push) -> list[int]:
    """Call the product, once each; the statuses."""
    statuses = []
    for push in pushes:
        url = push.url or trade.vendor.stage.hook
        async with trade.company.http.post(url, data=push.body, headers=push.headers) as answer:
            assert push.taken(answer.status, await answer.read())
            statuses.append(answer.status)
    return statuses


def joined(trade: Trade, path: Path, pushes: Sequence[Push], more: Sequence[Any] = ()) -> Push:
    """One call with the items of all of them, as they stand at `path`; `more` comes before the last."""
    items = [one for push in pushes for one in at(read(push), path)]

    def together(told: Any) -> None:
        at(told, path)[:] = [*items[:-1], *more, items[-1]]

    return bent(trade.vendor, pushes[0], together)


def _is_form(push: Push) -> bool:
    return push.headers["Content-Type"] == "application/x-www-form-urlencoded"


def _hex(key: str, body: bytes) -> str:
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def _base64(key: str, body: bytes, kind: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), body, kind)).decode()


def _over_fields(body: bytes, url: str) -> bytes:
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return (url + "".join(name + fields[name] for name in sorted(fields))).encode()


_PROOFS: dict[str, Callable[[dict[str, str], bytes, str], str]] = {
    "X-Hub-Signature-256": lambda given, body, _: f"sha256={_hex(given['app_secret'], body)}",
    "X-Viber-Content-Signature": lambda given, body, _: _hex(given["token"], body),
    "x-line-signature": lambda given, body, _: _base64(given["channel_secret"], body, "sha256"),
    "X-Twilio-Signature": lambda given, body, url: _base64(
        given["auth_token"], _over_fields(body, url), "sha1"
    ),
}
