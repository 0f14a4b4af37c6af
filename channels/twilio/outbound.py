"""Sends a text, a file or a template, and fetches what a customer sent.

Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import aiohttp

from channels.kit.contract import Source
from channels.kit.fetching import fetch_url
from channels.kit.uploading import addressed
from channels.twilio import api
from channels.twilio.settings import Settings
from channels.twilio.templates import chosen
from leads.events import Attachment, Media, Outgoing, SendCode, SendError, Sent

# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides: unless told so, Twilio does not
# call again after a 5xx. What follows the # is neither sent nor signed.
RETRIES = "#rc=5&rp=5xx,ct,rt"


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """One message; Twilio takes no key, so a try whose answer was lost repeats it."""
    form = {"To": outgoing.recipient, **_sender(source)}
    if outgoing.template:
        form |= await chosen(http, source, outgoing.template)
    elif outgoing.text:
        form["Body"] = outgoing.text
    if outgoing.attachment:
        form["MediaUrl"] = addressed(media, "Twilio").url
    if source.base_url:
        form["StatusCallback"] = f"{source.base_url}/in/twilio/{source.key}{RETRIES}"
    taken = await api.call(http, source, "POST", "Messages.json", data=form)
    sid = taken.get("sid") if isinstance(taken, dict) else None
    if not isinstance(sid, str):
        raise SendError(SendCode.UNAVAILABLE, "Messages.json: the answer has no sid")
    return Sent(sid)


async def fetch_media(http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
    """Twilio's address wants the account's secret and leads to one at its storage, which must not get it."""
    headers = {"Authorization": api.auth(source)} if api.is_theirs(source, attachment.ref) else {}
    return await fetch_url(http, source, attachment.ref, attachment, headers=headers)


def _sender(source: Source) -> dict[str, str]:
    settings: Settings = source.settings
    name = "MessagingServiceSid" if settings.sender.startswith("MG") else "From"
    return {name: settings.sender}
