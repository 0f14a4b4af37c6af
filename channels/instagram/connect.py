"""Who we are at Meta, whether it pushes to us, and who a customer is.

Sources: https://developers.facebook.com/docs/instagram-platform/webhooks,
https://developers.facebook.com/docs/messenger-platform/instagram/features/user-profile
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp

from channels.instagram.api import call
from channels.instagram.settings import Settings
from channels.kit import meta_reply
from channels.kit.contract import Source
from channels.kit.meta_wire import words
from leads.events import Attachment, MediaKind, Profile, SendCode, SendError

# With Facebook Login the app's dashboard says which events come; the Page only has to have the app.
FIELDS = {
    "instagram": (
        "messages",
        "message_edit",
        "message_reactions",
        "messaging_postbacks",
        "messaging_referral",
        "messaging_seen",
        "comments",
        "live_comments",
    ),
    "facebook": ("messages",),
}


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The account's @name."""
    settings: Settings = source.settings
    if settings.login == "facebook":
        path, fields = settings.account_id, "id,username"
    else:
        path, fields = "me", "user_id,username"
    account = _first(await call(http, source, "GET", path, what="account", params={"fields": fields}))
    found = words(account.get("user_id")) or words(account.get("id"))
    if found != settings.account_id:
        raise SendError(
            SendCode.MISCONFIGURED, f"the token belongs to {found or 'nobody'}, not to {settings.account_id}"
        )
    return f"@{words(account.get('username'))}"


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Subscribe the app to the account; where the app pushes to can be told in its dashboard only."""
    settings: Settings = source.settings
    fields = {"subscribed_fields": ",".join(FIELDS[settings.login])}
    path = f"{settings.sender_id}/subscribed_apps"
    await call(http, source, "POST", path, what="subscribed_apps", data=fields)


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """Whether the account gives its events to the app."""
    settings: Settings = source.settings
    path = f"{settings.sender_id}/subscribed_apps"
    answer = await call(http, source, "GET", path, what="subscribed_apps")
    return meta_reply.lacking(answer, "", FIELDS[settings.login])


async def profile(http: aiohttp.ClientSession, source: Source, external_id: str) -> Profile:
    """Name, @name and picture; of people who wrote, not of those who only commented."""
    fields = {"fields": "name,username,profile_pic"}
    path = quote(external_id, safe="")
    person = await meta_reply.known(call(http, source, "GET", path, what="profile", params=fields))
    picture = words(person.get("profile_pic"))
    avatar = Attachment(MediaKind.PHOTO, ref=picture) if picture else None
    return Profile(words(person.get("name")), words(person.get("username")), avatar=avatar)


def _first(answer: Any) -> dict[str, Any]:
    """An account, bare or as the only one of a list: the examples show both."""
    data = answer.get("data", answer) if isinstance(answer, dict) else None
    account = data[0] if isinstance(data, list) and data else data
    return account if isinstance(account, dict) else {}
