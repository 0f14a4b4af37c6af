"""Who we are at Meta, whether it pushes to us, and who a customer is.

Sources: https://developers.facebook.com/docs/graph-api/reference/page/subscribed_apps,
https://developers.facebook.com/docs/graph-api/webhooks/subscriptions-edge,
https://developers.facebook.com/docs/messenger-platform/identity/user-profile
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import SecretStr

from channels.kit import meta, meta_reply
from channels.kit.contract import Source
from channels.kit.meta_wire import words
from channels.messenger.api import call
from channels.messenger.settings import Settings
from leads.events import Attachment, MediaKind, Profile, SendCode, SendError

FIELDS = (
    "messages",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "message_reads",
    "message_deliveries",
    "messaging_postbacks",
    "messaging_referrals",
    "standby",
)


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The Page's name."""
    settings: Settings = source.settings
    page = await call(http, source, "GET", "me", what="me", params={"fields": "id,name"})
    found = words(page.get("id")) if isinstance(page, dict) else ""
    if found != settings.page_id:
        raise SendError(
            SendCode.MISCONFIGURED, f"the token belongs to {found or 'no page'}, not to {settings.page_id}"
        )
    return words(page.get("name")) or found


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Subscribe the app to the Page, and tell the app where to push, if we know which app it is."""
    settings: Settings = source.settings
    path, fields = f"{settings.page_id}/subscribed_apps", ",".join(FIELDS)
    if settings.app_id:
        hook = {
            "object": "page",
            "callback_url": url,
            "verify_token": settings.verify_token.get_secret_value(),
            "fields": fields,
        }
        await _subscriptions(http, source, "POST", data=hook)
    await call(http, source, "POST", path, what="subscribed_apps", data={"subscribed_fields": fields})


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """Both halves: the app pushes to `url`, the Page gives its events to the app."""
    settings: Settings = source.settings
    if settings.app_id:
        pushed = meta_reply.hooked(await _subscriptions(http, source, "GET"), "page", url)
        if pushed:
            return pushed
    path = f"{settings.page_id}/subscribed_apps"
    answer = await call(http, source, "GET", path, what="subscribed_apps")
    return meta_reply.lacking(answer, settings.app_id, FIELDS)


async def profile(http: aiohttp.ClientSession, source: Source, external_id: str) -> Profile:
    """Name and picture; asking for more fails the whole call without a further approval."""
    fields = {"fields": "first_name,last_name,profile_pic"}
    person = await meta_reply.known(
        call(http, source, "GET", quote(external_id, safe=""), what="profile", params=fields)
    )
    name = f"{words(person.get('first_name'))} {words(person.get('last_name'))}".strip()
    picture = words(person.get("profile_pic"))
    return Profile(name, avatar=Attachment(MediaKind.PHOTO, ref=picture) if picture else None)


async def _subscriptions(http: aiohttp.ClientSession, source: Source, method: str, **options: Any) -> Any:
    """The app's own webhooks, with the app's token."""
    settings: Settings = source.settings
    secret = meta.secrets_of(settings.app_secret)[0]
    app = SecretStr(f"{settings.app_id}|{secret}")
    path = f"{settings.app_id}/subscriptions"
    return await call(http, source, method, path, what="subscriptions", token=app, **options)
