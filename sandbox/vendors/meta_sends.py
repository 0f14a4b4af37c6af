"""The bodies that Messenger's and Instagram's Send API take, looked through as strictly as Meta does.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.vendors.meta import refusal
from sandbox.vendors.stage import Choice, File, Refused

BUTTONS = {"postback": "payload", "web_url": "url"}


def invalid(message: str, subcode: int = 0) -> Refused:
    """Code 100 is for all that is wrong with a call."""
    return Refused(refusal(100, message, subcode=subcode))


async def body_of(request: web.Request) -> tuple[dict[str, Any], File | None]:
    """The parameters, as JSON or as a form with a file."""
    try:
        if request.content_type != "multipart/form-data":
            given = await request.json()
            if not isinstance(given, dict):
                raise invalid("The body must be an object")
            return given, None
        form = await request.post()
        upload = form.get("filedata")
        plain = {key: value for key, value in form.items() if isinstance(value, str)}
        given = {key: json.loads(value) if value[:1] == "{" else value for key, value in plain.items()}
    except ValueError:
        raise invalid("The body is not JSON") from None
    if not isinstance(upload, web.FileField):
        raise invalid("Upload attachment failure.", 2018047)
    return given, File("", upload.filename, upload.content_type, upload.file.read())


def only(given: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(given) - known
    if unknown:
        raise invalid(f"Param {sorted(unknown)[0]} is not valid")


def replies(given: list[dict[str, Any]]) -> tuple[Choice, ...]:
    """Up to 13 quick replies with short titles."""
    fine = all(
        one.get("content_type") == "text" and 0 < len(one.get("title", "")) <= 20 and one.get("payload")
        for one in given
    )
    if len(given) > 13 or not fine:
        raise invalid("Invalid quick replies")
    return tuple(Choice(one["title"], one["payload"]) for one in given)


def template(payload: Mapping[str, Any]) -> tuple[str, tuple[Choice, ...]]:
    """A text with up to three buttons."""
    text, buttons = payload.get("text", ""), payload.get("buttons", [])
    if payload.get("template_type") != "button" or not 0 < len(text) <= 640 or not 0 < len(buttons) <= 3:
        raise invalid("Invalid button template")
    for one in buttons:
        target = BUTTONS.get(one.get("type"), "")
        if not 0 < len(one.get("title", "")) <= 20 or not one.get(target):
            raise invalid("Invalid button")
    return text, tuple(Choice(one["title"], one.get("payload", ""), one.get("url", "")) for one in buttons)


def millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)
