"""Has VK push to us: a callback server of the community with our address, our secret and our events.

Source: https://dev.vk.com/ru/method/groups.addCallbackServer and the methods beside it
"""

from __future__ import annotations

from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.kit.verify import same
from channels.vk import api
from channels.vk.inbound import EVENTS
from channels.vk.schema import Server, Subscriptions
from channels.vk.settings import Settings
from leads.events import SendCode, SendError

TITLE = "Frontdesk"  # at most 14 characters


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Add the server, or set it right, and switch our events on."""
    server = await _server(http, source, url)
    right = server is not None and _ours(source, server) and server.status == "ok"
    number = server.id if server and right else await _put(http, source, url, server)
    await api.call(
        http,
        source,
        "groups.setCallbackSettings",
        group_id=api.group(source),
        server_id=number,
        api_version=api.VERSION,
        **dict.fromkeys(EVENTS, 1),
    )


async def _put(http: aiohttp.ClientSession, source: Source, url: str, server: Server | None) -> int:
    """VK asks the address for the confirmation string at once, so we must have it by then."""
    if why := await _confirmation(http, source):
        raise SendError(SendCode.MISCONFIGURED, why)
    settings: Settings = source.settings
    about: dict[str, str | int] = {"group_id": api.group(source), "url": url, "title": TITLE}
    about["secret_key"] = settings.secret.get_secret_value()
    if server is None:
        return _number(await api.call(http, source, "groups.addCallbackServer", **about))
    await api.call(http, source, "groups.editCallbackServer", server_id=server.id, **about)
    return server.id


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """Whether VK knows the address, with our secret, confirmed, for all of our events."""
    server = await _server(http, source, url)
    if server is None:
        return await _confirmation(http, source) or "no callback server has this address"
    if not _ours(source, server):
        return "the secret key at VK is another one"
    if server.status != "ok":
        return (
            await _confirmation(http, source) or f"VK calls the callback server {server.status or 'unknown'}"
        )
    told = await api.call(
        http, source, "groups.getCallbackSettings", group_id=api.group(source), server_id=server.id
    )
    missing = [event for event in EVENTS if not _events(told).get(event)]
    return f"not switched on: {', '.join(missing)}" if missing else ""


async def _confirmation(http: aiohttp.ClientSession, source: Source) -> str:
    """What is wrong with our confirmation string. Who reads this may read it at VK too."""
    settings: Settings = source.settings
    told = await api.call(http, source, "groups.getCallbackConfirmationCode", group_id=api.group(source))
    code = told.get("code") if isinstance(told, dict) else None
    if not isinstance(code, str) or code == settings.confirmation:
        return ""
    return f"VK wants another string: frontdesk source rotate {source.key} --set confirmation={code}"


async def _server(http: aiohttp.ClientSession, source: Source, url: str) -> Server | None:
    told = await api.call(http, source, "groups.getCallbackServers", group_id=api.group(source))
    try:
        servers = [Server.model_validate(one) for one in told["items"]]
    except (ValidationError, LookupError, TypeError):
        raise SendError(SendCode.UNAVAILABLE, "groups.getCallbackServers: no servers in the answer") from None
    return next((one for one in servers if one.url == url), None)


def _ours(source: Source, server: Server) -> bool:
    settings: Settings = source.settings
    return same(server.secret_key, settings.secret.get_secret_value())


def _number(added: Any) -> int:
    number = added.get("server_id") if isinstance(added, dict) else None
    if not isinstance(number, int):
        raise SendError(SendCode.UNAVAILABLE, "groups.addCallbackServer: no server_id in the answer")
    return number


def _events(told: Any) -> dict[str, Any]:
    try:
        return Subscriptions.model_validate(told).events
    except ValidationError:
        return {}
