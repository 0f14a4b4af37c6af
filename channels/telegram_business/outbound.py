"""Answers in the name of the account: text, files, edits, deletions, read marks, "typing".

Source: https://core.telegram.org/bots/api#sendmessage (business_connection_id) and #readbusinessmessage
"""

from __future__ import annotations

import aiohttp
from pydantic import ValidationError

from channels.kit import telegram_api as api
from channels.kit import telegram_sending as sending
from channels.kit.contract import Source
from channels.telegram_business import place
from channels.telegram_business.schema import Connection
from leads.events import Media, Outgoing, SendCode, SendError, Sent, Verb

WHERE = "Settings › Telegram Business › Chatbots"

# What the account must allow for it, as the person reads it.
_RIGHTS = {
    Verb.READ: (("can_read_messages",), "mark messages as read"),
    Verb.DELETE: (("can_delete_sent_messages", "can_delete_all_messages"), "delete messages"),
}
_REPLY = (("can_reply",), "reply to messages")

# Telegram's words hardly tell an account that has left from one that forbids, or from a message that is gone.
_DOUBTFUL = {SendCode.PERMANENT, SendCode.BLOCKED}
_GONE = ("business connection not found", "business_connection_invalid")


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """Do it, or say which right of the account is missing."""
    where = place.params(outgoing.recipient)
    try:
        return await _do(http, source, where, outgoing, media)
    except SendError as error:
        if error.code not in _DOUBTFUL:
            raise
        raise await _explained(http, source, where, outgoing.verb, error) from None


async def typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    """Shown for five seconds, or until the message comes."""
    try:
        where = place.params(recipient)
    except SendError:
        return
    await sending.typing(http, source, where)


async def _do(
    http: aiohttp.ClientSession,
    source: Source,
    where: sending.Params,
    outgoing: Outgoing,
    media: Media | None,
) -> Sent:
    if outgoing.verb is Verb.SEND:
        return await sending.send(http, source, where, outgoing, media)
    if outgoing.verb is Verb.EDIT:
        return await sending.edit(http, source, where, outgoing)
    target = sending.number(outgoing.target, "target")
    if outgoing.verb is Verb.DELETE:
        await _delete(http, source, where, target)
    elif outgoing.verb is Verb.READ:
        await api.call(http, source, "readBusinessMessage", json=where | {"message_id": target})
    else:
        raise SendError(SendCode.PERMANENT, f"no way to {outgoing.verb} for an account")
    return Sent(outgoing.target)


async def _delete(http: aiohttp.ClientSession, source: Source, where: sending.Params, target: int) -> None:
    """What is gone already is done."""
    gone = {"business_connection_id": where["business_connection_id"], "message_ids": [target]}
    try:
        await api.call(http, source, "deleteBusinessMessages", json=gone)
    except SendError as error:
        if "message to delete not found" not in error.detail:
            raise


async def _explained(
    http: aiohttp.ClientSession, source: Source, where: sending.Params, verb: Verb, error: SendError
) -> SendError:
    """The same failure, or a better one by how the connection stands."""
    asked = {"business_connection_id": where["business_connection_id"]}
    try:
        connection = Connection.model_validate(
            await api.call(http, source, "getBusinessConnection", json=asked)
        )
    except SendError as failure:
        if any(words in failure.detail.lower() for words in _GONE):
            return SendError(SendCode.PERMANENT, f"the account is not connected any more: see {WHERE}")
        return error
    except ValidationError:
        return error
    return _missing(connection, verb) or error


def _missing(connection: Connection, verb: Verb) -> SendError | None:
    """What the account keeps from us.

    A right may be given back at any time, so an answer waits for that. A connection that is over need not
    come back under its id: what waited for it could wait for ever, and hold up what goes by a new one.
    """
    if not connection.is_enabled:
        return SendError(
            SendCode.PERMANENT, f"{connection.owner} has disconnected the bot: connect it again at {WHERE}"
        )
    rights, what = _RIGHTS.get(verb, _REPLY)
    if connection.rights is None or any(getattr(connection.rights, right) for right in rights):
        return None
    code = SendCode.PERMANENT if verb in _RIGHTS else SendCode.MISCONFIGURED
    return SendError(code, f"{connection.owner} does not let the bot {what}: allow it at {WHERE}")
