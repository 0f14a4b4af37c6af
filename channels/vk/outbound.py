"""Sends, edits, deletes, marks as read, shows that somebody is typing; answers comments.

Source: https://dev.vk.com/ru/method/messages.send and the methods beside it
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.vk import api, buttons
from channels.vk.schema import Forwarded, Saved, Taken
from channels.vk.upload import named, upload
from leads.events import Media, Outgoing, SendCode, SendError, Sent, Verb

_PEER = re.compile(r"[1-9]\d{0,14}", re.ASCII)
_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)
_WALL = re.compile(r"wall([1-9]\d{0,18})_([1-9]\d{0,18})", re.ASCII)

Params = dict[str, str | int]


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """One message or what else the verb says; nothing is split here."""
    comment = _WALL.fullmatch(outgoing.recipient)
    if comment:
        return await _comment(http, source, outgoing, *comment.groups())
    peer = int(_matching(_PEER, outgoing.recipient, "recipient"))
    match outgoing.verb:
        case Verb.SEND:
            return await _write(http, source, peer, outgoing, media)
        case Verb.EDIT:
            return await _edit(http, source, peer, outgoing)
        case Verb.DELETE:
            return await _delete(http, source, peer, outgoing)
        case Verb.READ:
            await api.call(http, source, "messages.markAsRead", peer_id=peer, mark_conversation_as_read=1)
            return Sent(outgoing.target)
    raise SendError(SendCode.PERMANENT, f"no way to {outgoing.verb} here")


async def typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    """Shown for ten seconds, or until our message comes."""
    with suppress(SendError):
        peer = _matching(_PEER, recipient, "recipient")
        await api.call(http, source, "messages.setActivity", peer_id=peer, type="typing")


def random_id(key: str) -> int:
    """VK does not send twice what has the same number and recipient: 31 bits of our key, 0 for none."""
    if not key:
        return 0
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % 0x7FFFFFFF + 1


async def _write(
    http: aiohttp.ClientSession, source: Source, peer: int, outgoing: Outgoing, media: Media | None
) -> Sent:
    params: Params = {"random_id": random_id(outgoing.key), "payload": buttons.OWN}
    if outgoing.text:
        params["message"] = outgoing.text
    if outgoing.attachment:
        params["attachment"] = await upload(http, source, peer, outgoing.attachment, media)
    if outgoing.reply_to:
        params["forward"] = _quote(peer, outgoing.reply_to)
    if outgoing.buttons:
        params["keyboard"] = buttons.keyboard(outgoing.buttons)
    # Of `peer_ids` the answer tells the id within the dialogue, of `peer_id` it does not.
    result = await api.call(http, source, "messages.send", peer_ids=peer, **params)
    taken = _taken(result)
    if taken.error:
        raise api.failure(source, "messages.send", taken.error)
    return Sent(str(taken.conversation_message_id or ""))


def _taken(result: Any) -> Taken:
    """`response` is the word that counts: sending again because of an odd one could repeat the message."""
    try:
        return Taken.model_validate(result[0] if isinstance(result, list) and result else {})
    except ValidationError:
        return Taken()


def _quote(peer: int, message_id: str) -> str:
    quoted = int(_matching(_ID, message_id, "reply_to"))
    return json.dumps({"peer_id": peer, "conversation_message_ids": [quoted], "is_reply": 1})


async def _edit(http: aiohttp.ClientSession, source: Source, peer: int, outgoing: Outgoing) -> Sent:
    """An edit that does not name the files anew would take them away."""
    target = _matching(_ID, outgoing.target, "target")
    found = await api.call(
        http, source, "messages.getByConversationMessageId", peer_id=peer, conversation_message_ids=target
    )
    params: Params = {"peer_id": peer, "cmid": target, "message": outgoing.text}
    if files := ",".join(_files(found)):
        params["attachment"] = files
    await api.call(http, source, "messages.edit", keep_forward_messages=1, **params)
    return Sent(outgoing.target)


def _files(found: Any) -> Iterator[str]:
    """The attachments of the first message found, as messages.edit names them."""
    try:
        message = Forwarded.model_validate(found["items"][0])
    except (ValidationError, LookupError, TypeError):
        return
    for thing in message.attachments:
        with suppress(ValidationError, LookupError, TypeError):
            yield named(thing["type"], Saved.model_validate(thing[thing["type"]]))


async def _delete(http: aiohttp.ClientSession, source: Source, peer: int, outgoing: Outgoing) -> Sent:
    target = _matching(_ID, outgoing.target, "target")
    result = await api.call(http, source, "messages.delete", peer_id=peer, cmids=target, delete_for_all=1)
    taken = _taken(result)
    if taken.error:
        raise api.failure(source, "messages.delete", taken.error)
    return Sent(outgoing.target)


async def _comment(
    http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, post: str, comment: str
) -> Sent:
    """An answer for everybody to read. https://dev.vk.com/ru/method/wall.createComment"""
    if outgoing.verb is Verb.READ:
        return Sent(outgoing.target)
    if outgoing.verb is not Verb.SEND or outgoing.attachment or outgoing.buttons:
        raise SendError(SendCode.PERMANENT, "under a post VK takes text only, and no changes of it")
    us = api.group(source)
    params: Params = {"owner_id": -us, "from_group": us, "post_id": post, "reply_to_comment": comment}
    if outgoing.key:
        params["guid"] = random_id(outgoing.key)
    result = await api.call(http, source, "wall.createComment", message=outgoing.text, **params)
    number = result.get("comment_id") if isinstance(result, Mapping) else None
    return Sent(str(number or ""))


def _matching(pattern: re.Pattern[str], value: str, what: str) -> str:
    if pattern.fullmatch(value) is None:
        raise SendError(SendCode.PERMANENT, f"{what} is no id of VK's")
    return value
