"""Sends to a customer's chat with our bot: text, files, edits, reactions, and that somebody is typing."""

from __future__ import annotations

import aiohttp

from channels.kit import telegram_api as api
from channels.kit import telegram_sending as sending
from channels.kit.contract import Source
from leads.events import Media, Outgoing, SendCode, SendError, Sent, Verb


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """Send, edit or delete one message of ours, or react to one of theirs."""
    place = _place(outgoing.recipient)
    if outgoing.verb is Verb.SEND:
        return await sending.send(http, source, place, outgoing, media)
    if outgoing.verb is Verb.EDIT:
        return await sending.edit(http, source, place, outgoing)
    place |= {"message_id": sending.number(outgoing.target, "target")}
    if outgoing.verb is Verb.DELETE:
        await _delete(http, source, place)
    elif outgoing.verb is Verb.REACT:
        # https://core.telegram.org/bots/api#setmessagereaction; none of them takes ours away.
        reaction = [{"type": "emoji", "emoji": outgoing.text}] if outgoing.text else []
        await api.call(http, source, "setMessageReaction", json=place | {"reaction": reaction})
    else:
        raise SendError(SendCode.PERMANENT, f"no way to {outgoing.verb}")
    return Sent(outgoing.target)


async def _delete(http: aiohttp.ClientSession, source: Source, place: sending.Params) -> None:
    """What is gone already is done. https://core.telegram.org/bots/api#deletemessage"""
    try:
        await api.call(http, source, "deleteMessage", json=place)
    except SendError as error:
        if "message to delete not found" not in error.detail:
            raise


async def typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    """Shown for five seconds, or until our message comes."""
    try:
        place = _place(recipient)
    except SendError:
        return
    await sending.typing(http, source, place)


def _place(recipient: str) -> sending.Params:
    return {"chat_id": sending.number(recipient, "recipient")}
