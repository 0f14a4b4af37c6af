"""Texts that WhatsApp has approved: kept at Twilio as Content, sent by their number there.

Source: https://www.twilio.com/docs/content/content-api-resources
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import aiohttp
from pydantic import Field, ValidationError, field_validator

from channels.kit.contract import Source
from channels.kit.tolerant import Wire
from channels.twilio import api
from channels.twilio.settings import WHATSAPP, Settings
from leads.events import SendCode, SendError, Template

PUBLIC = "https://content.twilio.com"
PATH = "v1/ContentAndApprovals"
MOST = "250"  # of a page: more would be a large answer, and no menu to choose from


class Approval(Wire):
    """WhatsApp's word on it."""

    name: str = ""
    status: str = ""


class Content(Wire):
    """A text with its looks; those that WhatsApp never saw have no approval."""

    sid: str
    language: str = ""
    types: dict[str, Any] = Field(default_factory=dict)
    approval_requests: Approval = Approval()

    @field_validator("approval_requests", mode="before")
    @classmethod
    def _of_whatsapp(cls, value: object) -> object:
        """Twilio's own pages show it with and without the messenger's name around it."""
        return value.get("whatsapp", value) if isinstance(value, dict) else {}

    @property
    def body(self) -> str:
        """The words, which all looks have in common."""
        looks = [look for look in self.types.values() if isinstance(look, dict)]
        return next((str(look["body"]) for look in looks if look.get("body")), "")


async def templates(http: aiohttp.ClientSession, source: Source) -> Sequence[Template]:
    """The approved ones, for WhatsApp senders; an SMS needs none."""
    settings: Settings = source.settings
    if not settings.sender.startswith((WHATSAPP, "MG")):
        return ()
    return [
        Template(one.approval_requests.name, one.language, one.body) for one in await _approved(http, source)
    ]


async def chosen(http: aiohttp.ClientSession, source: Source, template: Template) -> dict[str, str]:
    """What a message says in place of its text. WhatsApp knows a text by its name and language."""
    for one in await _approved(http, source):
        if (one.approval_requests.name, one.language) == (template.name, template.language):
            values = {str(number): value for number, value in enumerate(template.params, 1)}
            form = {"ContentSid": one.sid}
            return form | ({"ContentVariables": json.dumps(values, ensure_ascii=False)} if values else {})
    raise SendError(SendCode.PERMANENT, f"no approved template {template.name} in {template.language}")


async def _approved(http: aiohttp.ClientSession, source: Source) -> list[Content]:
    """One that cannot be read costs nobody else."""
    url = f"{(source.api_base or PUBLIC).rstrip('/')}/{PATH}"
    found = await api.request(http, source, "GET", url, what=PATH, params={"PageSize": MOST})
    contents = found.get("contents") if isinstance(found, dict) else None
    if not isinstance(contents, list):
        raise SendError(SendCode.UNAVAILABLE, f"{PATH}: no contents in the answer")
    read = [content for raw in contents if (content := _read(raw))]
    return [one for one in read if one.approval_requests.status == "approved" and one.body]


def _read(raw: object) -> Content | None:
    try:
        return Content.model_validate(raw)
    except ValidationError:
        return None
