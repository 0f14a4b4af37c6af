"""How callbacks reach us, who we are, and what Viber tells of a person.

Source: https://developers.viber.com/docs/api/rest-bot-api/ (#setting-a-webhook, #get-account-info)
"""

from __future__ import annotations

import aiohttp

from channels.kit.contract import Source
from channels.viber import api
from channels.viber.schema import Account, Details
from leads.events import Attachment, MediaKind, Profile

OPTIONAL = ("delivered", "seen", "failed", "conversation_started")
ALWAYS = ("subscribed", "unsubscribed")  # and `message`; whether they are listed as asked for is not told


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Have callbacks sent to `url`. Viber calls it before it answers, so we must be listening there."""
    hook = {"url": url, "event_types": OPTIONAL + ALWAYS, "send_name": True, "send_photo": True}
    await api.call(http, source, "set_webhook", hook)


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """A bot has one webhook; another program may have set its own."""
    account = await _account(http, source)
    if account.webhook != url:
        return f"the bot's webhook is {account.webhook}" if account.webhook else "the bot has no webhook"
    missing = [event for event in OPTIONAL if event not in account.event_types]
    return f"the webhook does not get {', '.join(missing)}" if missing else ""


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The bot's name and, where it has one, the name of its chat in links."""
    account = await _account(http, source)
    return f"{account.name} ({account.uri})" if account.uri else account.name


async def profile(http: aiohttp.ClientSession, source: Source, external_id: str) -> Profile:
    """At most twice in 12 hours for one person."""
    details = await api.call(http, source, "get_user_details", {"id": external_id})
    user = Details.model_validate(details).user
    if user is None:
        return Profile()
    avatar = Attachment(MediaKind.PHOTO, ref=user.avatar, name="avatar.jpg") if user.avatar else None
    return Profile(name=user.name, language=user.language, avatar=avatar)


async def _account(http: aiohttp.ClientSession, source: Source) -> Account:
    return Account.model_validate(await api.call(http, source, "get_account_info", {}))
