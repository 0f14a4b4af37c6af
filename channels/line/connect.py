"""How events reach us, who we are, and what LINE tells of a person.

Source: https://developers.line.biz/en/reference/messaging-api/#webhook-settings, #bot, #get-quota, #profile
"""

from __future__ import annotations

from urllib.parse import quote

import aiohttp

from channels.kit.contract import Source
from channels.line import api
from channels.line.schema import Bot, Endpoint, Person, Quota, Usage
from leads.events import Attachment, MediaKind, Profile, SendError

HOOK = "channel/webhook/endpoint"


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Have events sent to `url`. The switch "Use webhook" is in the console only."""
    await api.call(http, source, "PUT", HOOK, json={"endpoint": url})


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """What is set, and whether it is switched on."""
    try:
        hook = Endpoint.model_validate(await api.call(http, source, "GET", HOOK))
    except SendError as error:
        if error.data.get(api.STATUS) == "404":
            return "the channel has no webhook"
        raise
    if hook.endpoint != url:
        return f"the channel's webhook is {hook.endpoint}"
    return "" if hook.active else 'the switch "Use webhook" is off: LINE Developers Console > Messaging API'


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The account's name and id, and how much of the month's quota is used."""
    bot = Bot.model_validate(await api.call(http, source, "GET", "info"))
    quota = Quota.model_validate(await api.call(http, source, "GET", "message/quota"))
    usage = Usage.model_validate(await api.call(http, source, "GET", "message/quota/consumption"))
    name = f"{bot.name} ({bot.basic_id})"
    if quota.value is None or usage.total is None:
        return name
    return f"{name}, {usage.total} of {quota.value} pushes of this month used"


async def profile(http: aiohttp.ClientSession, source: Source, external_id: str) -> Profile:
    """Nothing is told of who blocked us, or never became a friend."""
    try:
        answer = await api.call(http, source, "GET", f"profile/{quote(external_id, safe='')}")
    except SendError as error:
        if error.data.get(api.STATUS) == "404":
            return Profile()
        raise
    person = Person.model_validate(answer)
    avatar = Attachment(MediaKind.PHOTO, ref=person.picture, name="avatar.jpg") if person.picture else None
    return Profile(name=person.name, language=person.language, avatar=avatar)
