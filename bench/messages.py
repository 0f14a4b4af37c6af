"""A text message as each vendor posts it, made by the vendors' stand-ins; each from somebody new."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.vendors.serving import Vendors, names
from sandbox.vendors.stage import Push
from scheduler.clock import real_now

KEY = "door"
HERE = "https://desk.example"
TEXT = "lead-%09d: how much is a kitchen of three metres, and when could you come to measure?"
_SECRET = "measured-secret-of-nobody"  # noqa: S105
_TOKEN = "4200000001:for-measuring-only-not-a-real-token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Made:
    """What the door is opened with, and the posts."""

    settings: Mapping[str, str]
    pushes: list[Push]


def channels() -> list[str]:
    """Every channel of which there is a stand-in here."""
    return sorted([*names(), *_TELEGRAM])


def made(channel: str, count: int) -> Made:
    """So many posts, each another person's."""
    if channel in _TELEGRAM:
        pushes = [_telegram(_TELEGRAM[channel](number)) for number in range(1, count + 1)]
        return Made({"token": _TOKEN, "secret": _SECRET}, pushes)
    pushes = []
    vendor = Vendors(real_now).open(channel)
    vendor.stage.hook, vendor.stage.post = f"{HERE}/in/{channel}/{KEY}", pushes.append
    for number in range(1, count + 1):
        vendor.writes(vendor.enters(number, f"Client {number}"), TEXT % number)
    return Made(vendor.settings(), pushes)


def raw(channel: str, push: Push) -> bytes:
    """The whole HTTP request."""
    headers = {"Host": "127.0.0.1", "Content-Length": str(len(push.body)), **push.headers}
    lines = [f"POST /in/{channel}/{KEY} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + push.body


def _message(number: int) -> dict[str, object]:
    who = {"id": 5_000_000 + number, "first_name": f"Client {number}"}
    chat = {"id": who["id"], "type": "private"}
    return {
        "message_id": number,
        "date": int(real_now().timestamp()),
        "from": who | {"is_bot": False},
        "chat": chat,
        "text": TEXT % number,
    }


def _telegram(update: Mapping[str, object]) -> Push:
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": _SECRET}
    return Push(json.dumps(update).encode(), headers)


_TELEGRAM: dict[str, Callable[[int], dict[str, object]]] = {
    "telegram": lambda number: {"update_id": number, "message": _message(number)},
    "telegram_business": lambda number: {
        "update_id": number,
        "business_message": _message(number) | {"business_connection_id": "measured"},
    },
}
