"""Who we are at Twilio, and where a number's messages go.

Source: https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
"""

from __future__ import annotations

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.kit.tolerant import Wire
from channels.twilio import api
from channels.twilio.outbound import RETRIES
from channels.twilio.settings import Settings
from leads.events import SendCode, SendError


class Abilities(Wire):
    """What a number can do."""

    sms: bool = True


class Number(Wire):
    """A number of the account."""

    sid: str
    phone_number: str
    sms_url: str | None = None
    sms_application_sid: str | None = None
    capabilities: Abilities = Abilities()


class Numbers(Wire):
    """The answer to a search."""

    incoming_phone_numbers: tuple[Number, ...] = ()


async def probe(http: aiohttp.ClientSession, source: Source) -> str:
    """The sender. A number must be the account's; of others only the account's credentials are tried."""
    settings: Settings = source.settings
    if not settings.sender.startswith("+"):
        await api.call(http, source, "GET", "Messages.json", params={"PageSize": "1"})
        return settings.sender
    number = await _number(http, source)
    if not number.capabilities.sms:
        raise SendError(SendCode.MISCONFIGURED, f"{number.phone_number} cannot send SMS")
    return number.phone_number


async def register(http: aiohttp.ClientSession, source: Source, url: str) -> None:
    """Have a number's messages sent to `url`; for other senders the console is the place."""
    if not source.settings.sender.startswith("+"):
        return
    number = await _number(http, source)
    form = {"SmsUrl": url + RETRIES, "SmsMethod": "POST", "SmsApplicationSid": ""}
    await api.call(http, source, "POST", f"IncomingPhoneNumbers/{number.sid}.json", data=form)


async def registered(http: aiohttp.ClientSession, source: Source, url: str) -> str:
    """Whether a number's messages go to `url`; of other senders it is not known here."""
    if not source.settings.sender.startswith("+"):
        return ""
    number = await _number(http, source)
    if number.sms_application_sid:
        return f"a TwiML app takes the messages: {number.sms_application_sid}"
    there = (number.sms_url or "").partition("#")[0]
    if there == url:
        return ""
    return f"the number's messages go to {there}" if there else "the number's messages go nowhere"


async def _number(http: aiohttp.ClientSession, source: Source) -> Number:
    wanted: str = source.settings.sender
    found = await api.call(http, source, "GET", "IncomingPhoneNumbers.json", params={"PhoneNumber": wanted})
    try:
        numbers = Numbers.model_validate(found).incoming_phone_numbers
    except ValidationError:
        raise SendError(SendCode.UNAVAILABLE, "IncomingPhoneNumbers.json: no numbers in the answer") from None
    # The search takes parts of numbers too.
    number = next((one for one in numbers if one.phone_number == wanted), None)
    if number is None:
        raise SendError(SendCode.MISCONFIGURED, f"{wanted} is no number of this account")
    return number
