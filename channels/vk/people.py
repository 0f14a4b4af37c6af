"""Who we are at VK, and who the people are that write to us.

Source: https://dev.vk.com/ru/method/users.get, https://dev.vk.com/ru/method/groups.getById
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.vk import api
from channels.vk.schema import Person
from leads.events import Attachment, MediaKind, Profile, SendCode, SendError

NEEDED = ("messages",)
WANTED = ("manage", "photos", "docs")  # without these: no registration, no files


async def profile(http: aiohttp.ClientSession, source: Source, external_id: str) -> Profile:
    """Name, short name, picture; events carry none of these."""
    if re.fullmatch(r"[1-9]\d{0,14}", external_id, re.ASCII) is None:
        raise SendError(SendCode.PERMANENT, "no id of a person")
    told = await api.call(http, source, "users.get", user_ids=external_id, fields="screen_name,photo_200")
    try:
        person = Person.model_validate(told[0])
    except (ValidationError, LookupError, TypeError):
        raise SendError(SendCode.PERMANENT, "users.get: VK does not know this person") from None
    # Whoever has chosen no short name has id<number> for one.
    username = person.screen_name if person.screen_name != f"id{external_id}" else ""
    picture = Attachment(MediaKind.PHOTO, person.photo_200, "avatar.jpg") if person.photo_200 else None
    return Profile(f"{person.first_name} {person.last_name}".strip(), username, avatar=picture)


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The community's name, and what its token may not do."""
    us = api.group(source)
    name = _name(await api.call(http, source, "groups.getById", group_id=us), us)
    rights = _rights(await api.call(http, source, "groups.getTokenPermissions"))
    if rights is None:
        return name
    if missing := [right for right in NEEDED if right not in rights]:
        raise SendError(
            SendCode.MISCONFIGURED, f"the token has no right to: {', '.join(missing)}; make one that has it"
        )
    lacking = [right for right in WANTED if right not in rights]
    return f"{name}; its token has no right to: {', '.join(lacking)}" if lacking else name


def _name(told: Any, us: int) -> str:
    """A list until version 5.139, an object with `groups` since."""
    groups = told.get("groups") if isinstance(told, Mapping) else told
    group = groups[0] if isinstance(groups, list) and groups else None
    if not isinstance(group, Mapping) or group.get("id") != us:
        raise SendError(SendCode.MISCONFIGURED, "groups.getById: the token is another community's")
    return f"{group.get('name') or 'community'} (vk.com/club{us})"


def _rights(told: Any) -> set[str] | None:
    """The rights by name; None when the answer tells none."""
    settings = told.get("settings") if isinstance(told, Mapping) else None
    if not isinstance(settings, list):
        return None
    return {str(one.get("name")) for one in settings if isinstance(one, Mapping)}
