"""LINE's message objects as its API takes them, strictly, and as its webhook tells them.

https://developers.line.biz/en/reference/messaging-api/#message-objects
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NoReturn

from aiohttp import ClientError

from sandbox.vendors.stage import Answer, Choice, File, Note, Refused, Stage
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO

MESSAGES, ITEMS = 5, 13
TEXT_LIMIT, LABEL, DATA, URL = 5000, 20, 300, 2000
OURS = "http://127.0.0.1:"  # beside https, what a test has
MIB = 1024 * 1024

# type -> our kind, the most bytes, members beside `type` and `quickReply` (with ? those that may be missing)
TYPES: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "text": ("", 0, ("text", "quoteToken?")),
    "image": (PHOTO, 10 * MIB, ("originalContentUrl", "previewImageUrl")),
    "video": (VIDEO, 200 * MIB, ("originalContentUrl", "previewImageUrl")),
    "audio": (AUDIO, 200 * MIB, ("originalContentUrl", "duration")),
}
_FILES = {PHOTO: "image", VIDEO: "video", AUDIO: "audio"}
ACTIONS: dict[str, dict[str, int]] = {  # member -> the most characters
    "postback": {"label": LABEL, "data": DATA, "displayText": 300},
    "uri": {"label": LABEL, "uri": 1000},
}


def told(note: Note) -> dict[str, Any]:
    """What the customer wrote, as the webhook tells it, without what is the same for all."""
    media = note.media
    if media is None:
        return {"type": "text", "text": note.text}
    if media.kind == "location":
        place = {name: float(media.facts[name]) for name in ("latitude", "longitude")}
        return {"type": "location", "title": "Here"} | place
    if media.kind == "sticker":
        names = {"packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC"}
        return {"type": "sticker", "keywords": ["hello"]} | names
    if media.kind == FILE:
        return {"type": "file", "fileName": media.name, "fileSize": len(media.data)}
    held = {"type": _FILES[media.kind], "contentProvider": {"type": "line"}}
    return held if media.kind == PHOTO else held | {"duration": 3000}


def refused(message: str, *details: tuple[str, str]) -> Answer:
    """LINE's way to refuse; a detail is what is wrong and with which property."""
    body: dict[str, Any] = {"message": message}
    if details:
        body["details"] = [{"message": wrong, "property": where} for wrong, where in details]
    return Answer.of(body, 400)


async def noted(message: Any, where: str, stage: Stage, quotable: Collection[str | None]) -> Note:
    """The message as the customer sees it, its address fetched; raises `Refused`."""
    if not isinstance(message, dict) or message.get("type") not in TYPES:
        _refuse(f"Must be one of the following values: [{', '.join(TYPES)}]", f"{where}.type")
    kind, most, members = TYPES[message["type"]]
    _exactly(message, {"type", "quickReply?", *members}, where)
    note = Note("", "company", message.get("text", ""), stage.now())
    if kind:
        note.media = await _fetched(message, where, stage, kind, most)
    elif not isinstance(note.text, str) or not 0 < len(note.text.encode("utf-16-le")) // 2 <= TEXT_LIMIT:
        _refuse(f"Length must be between 0 and {TEXT_LIMIT}", f"{where}.text")
    if message.get("quoteToken", None) not in {None, *quotable}:
        _refuse("Invalid quote token", f"{where}.quoteToken")
    note.buttons = _choices(message.get("quickReply"), f"{where}.quickReply")
    return note


async def _fetched(message: dict[str, Any], where: str, stage: Stage, kind: str, most: int) -> File:
    for name in ("originalContentUrl", "previewImageUrl"):
        url = message.get(name, f"{OURS}0/")
        if not isinstance(url, str) or not url.startswith(("https://", OURS)) or len(url) > URL:
            _refuse("Must be a valid URL with HTTPS scheme", f"{where}.{name}")
    if not isinstance(message.get("duration", 1), int):
        _refuse("Must be a number", f"{where}.duration")
    try:
        mime, data = await stage.fetch(message["originalContentUrl"])
    except (ClientError, TimeoutError, ValueError):
        return File(kind, "unreachable")  # LINE answers before it looks; the customer sees a broken picture
    return File(kind, "", mime, data if len(data) <= most else b"")


def _choices(reply: Any, where: str) -> tuple[Choice, ...]:
    if reply is None:
        return ()
    items = reply.get("items") if isinstance(reply, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= ITEMS:
        _refuse(f"Size must be between 1 and {ITEMS}", f"{where}.items")
    return tuple(_choice(item, f"{where}.items[{number}]") for number, item in enumerate(items))


def _choice(item: Any, where: str) -> Choice:
    action = item.get("action") if isinstance(item, dict) and item.get("type") == "action" else None
    if not isinstance(action, dict) or action.get("type") not in ACTIONS:
        _refuse("Must be one of the following values: [postback, uri]", f"{where}.action")
    limits = ACTIONS[action["type"]]
    _exactly(action, {"type", *limits}, f"{where}.action")
    for name, limit in limits.items():
        if not isinstance(action[name], str) or not 0 < len(action[name]) <= limit:
            _refuse(f"Length must be between 1 and {limit}", f"{where}.action.{name}")
    return Choice(action["label"], action.get("data", ""), action.get("uri", ""))


def _exactly(given: dict[str, Any], members: set[str], where: str) -> None:
    needed = {name for name in members if not name.endswith("?")}
    for name in sorted(needed - given.keys()):
        _refuse("May not be empty", f"{where}.{name}")
    for name in sorted(given.keys() - {member.removesuffix("?") for member in members}):
        raise Refused(refused(f"The property, {name}, in the request body is invalid"))


def _refuse(wrong: str, where: str) -> NoReturn:
    raise Refused(refused("The request body has 1 error(s)", (wrong, where)))
