"""Templates: texts that Meta has approved, for when the reply window is closed.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.whatsapp import api
from channels.whatsapp.answers import Approved, Component
from channels.whatsapp.settings import Settings
from leads.events import SendCode, SendError, Template

PAGE, PAGES = 100, 20
FIELDS = "name,language,status,category,parameter_format,components"


async def templates(http: aiohttp.ClientSession, source: Source) -> Sequence[Template]:
    """The approved ones that need nothing but words for their body."""
    settings: Settings = source.settings
    found: list[Template] = []
    params = {"fields": FIELDS, "status": "APPROVED", "limit": str(PAGE)}
    for _ in range(PAGES):
        path = f"{settings.waba_id}/message_templates"
        answer = await api.call(http, source, "GET", path, what="message_templates", params=params)
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise SendError(SendCode.UNAVAILABLE, "message_templates: no data in the answer")
        found += _usable(answer["data"])
        after = _after(answer)
        if not after:
            break
        params["after"] = after
    return found


def template(chosen: Template) -> dict[str, Any]:
    """The `template` of a message. A parameter may hold no line breaks, tabs or runs of spaces (132018)."""
    words = [{"type": "text", "text": " ".join(one.split()) or "–"} for one in chosen.params]
    components = [{"type": "body", "parameters": words}] if words else []
    return {"name": chosen.name, "language": {"code": chosen.language}, "components": components}


def _usable(data: list[Any]) -> Iterator[Template]:
    for raw in data:
        try:
            one = Approved.model_validate(raw)
        except ValidationError:
            continue
        body = next((part.text for part in one.components if part.type == "BODY"), "")
        if body and one.status == "APPROVED" and one.category != "AUTHENTICATION" and _only_words(one):
            yield Template(one.name, one.language, body)


def _only_words(one: Approved) -> bool:
    """No file or variable in the header, none in a button's address, no variables with names."""
    named = one.parameter_format == "NAMED" and any("{{" in part.text for part in one.components)
    return not named and all(_simple(part) for part in one.components)


def _simple(part: Component) -> bool:
    if part.type == "HEADER":
        return part.format == "TEXT" and "{{" not in part.text
    if part.type == "BUTTONS":
        return all(
            one.type in {"QUICK_REPLY", "PHONE_NUMBER", "URL"} and "{{" not in one.url for one in part.buttons
        )
    return part.type in {"BODY", "FOOTER"}


def _after(answer: dict[str, Any]) -> str:
    paging = answer.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) else ""
