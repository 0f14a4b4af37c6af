"""Sends to a customer's chat with our bot: text, files, edits, and that somebody is typing."""

from __future__ import annotations

import aiohttp

from channels.kit import telegram_sending as sending
from channels.kit.contract import Source
from leads.events import Media, Outgoing, SendError, Sent, Verb


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """Send or edit one message."""
    place = _place(outgoing.recipient)
    if outgoing.verb is Verb.EDIT:
        return await sending.edit(http, source, place, outgoing)
    return await sending.send(http, source, place, outgoing, media)


async def typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    """Shown for five seconds, or until our message comes."""
    try:
        place = _place(recipient)
    except SendError:
        return
    await sending.typing(http, source, place)


def _place(recipient: str) -> sending.Params:
    return {"chat_id": sending.number(recipient, "recipient")}
