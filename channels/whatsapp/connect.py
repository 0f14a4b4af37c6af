"""Who we are at WhatsApp, and whether it pushes to us.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
"""

from __future__ import annotations

from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.whatsapp import api
from channels.whatsapp.answers import Number
from channels.whatsapp.settings import Settings
from leads.events import SendCode, SendError


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The number and its name; also asks for the account, which needs the other permission."""
    settings: Settings = source.settings
    number = await _number(http, source, "display_phone_number,verified_name")
    found = await api.call(
        http,
        source,
        "GET",
        f"{settings.waba_id}/phone_numbers",
        what="phone_numbers",
        params={"fields": "id", "limit": "100"},
    )
    if settings.phone_number_id not in _ids(found):
        raise SendError(
            SendCode.MISCONFIGURED,
            f"the account {settings.waba_id} has no number with the id {settings.phone_number_id}",
        )
    return f"{number.display_phone_number} ({number.verified_name})"


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Subscribe our app to the account, and have this number's news sent to `url`; Meta tries it at once.

    The account's address is set with it, for without one the call would take an older one away. The number's
    own goes before it, so that two numbers of one account can be two sources.
    """
    settings: Settings = source.settings
    override = {"override_callback_uri": url, "verify_token": settings.verify_token.get_secret_value()}
    path = f"{settings.waba_id}/subscribed_apps"
    await api.call(http, source, "POST", path, what="subscribed_apps", json=override)
    number = {"webhook_configuration": override}
    await api.call(http, source, "POST", settings.phone_number_id, what="webhook", json=number)


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """Whether an app is subscribed to the account, and where the number's news go."""
    settings: Settings = source.settings
    path = f"{settings.waba_id}/subscribed_apps"
    apps = await api.call(http, source, "GET", path, what="subscribed_apps")
    if not isinstance(apps, dict) or not apps.get("data"):
        return "no app is subscribed to the account"
    webhooks = (await _number(http, source, "webhook_configuration")).webhook_configuration
    now = webhooks.phone_number or webhooks.whatsapp_business_account or webhooks.application
    if now == url:
        return ""
    return f"WhatsApp pushes to {now}" if now else "WhatsApp pushes to nobody"


async def _number(http: aiohttp.ClientSession, source: Source, fields: str) -> Number:
    settings: Settings = source.settings
    path = settings.phone_number_id
    answer = await api.call(http, source, "GET", path, what="phone_number", params={"fields": fields})
    try:
        return Number.model_validate(answer)
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, "phone_number: no number in the answer") from None


def _ids(answer: Any) -> set[str]:
    data = answer.get("data") if isinstance(answer, dict) else None
    return {str(one.get("id")) for one in data if isinstance(one, dict)} if isinstance(data, list) else set()
