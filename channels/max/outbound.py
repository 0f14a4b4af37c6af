"""Sends: text, files, buttons, edits, deletions, read marks, and that somebody is typing.

Source: https://dev.max.ru/docs-api/methods/POST/messages
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import aiohttp
from pydantic import ValidationError

from channels.kit.contract import Source
from channels.kit.tolerant import moment
from channels.max import api
from channels.max.markup import html
from channels.max.media import uploaded
from channels.max.schema import Taken
from leads.events import Button, Media, Outgoing, SendCode, SendError, Sent, Verb

HARD_LIMIT = 4000  # of the text as it is sent, tags and escapes included
PAUSES = (1.0, 2.0, 2.0, 2.0, 2.0)  # seconds between tries while a file is being processed

Json = dict[str, Any]


async def send(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    """Do one verb; nothing is split here."""
    if outgoing.verb is Verb.SEND:
        return await _post(http, source, outgoing, media)
    if outgoing.verb is Verb.READ:
        await _act(http, source, outgoing.recipient, "mark_seen")
    elif outgoing.verb is Verb.EDIT:
        await _change(http, source, "PUT", outgoing.target, json=_said(outgoing))
    elif outgoing.verb is Verb.DELETE:
        await _delete(http, source, outgoing.target)
    else:
        raise SendError(SendCode.PERMANENT, f"MAX has no way to {outgoing.verb}")
    return Sent(outgoing.target)


async def typing(http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
    """Shown for some seconds, or until our message comes."""
    with suppress(SendError):
        await _act(http, source, recipient, "typing_on")


async def _post(http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None) -> Sent:
    to = {"chat_id": _chat(outgoing.recipient)}
    attachments: list[Json] = []
    if outgoing.attachment:
        attachments.append(await uploaded(http, source, outgoing.attachment, media))
    if outgoing.buttons:
        attachments.append(_keyboard(outgoing.buttons))
    body = _said(outgoing) | ({"attachments": attachments} if attachments else {})
    if outgoing.reply_to:
        body["link"] = {"type": "reply", "mid": outgoing.reply_to}
    return await _when_ready(http, source, to, body)


async def _when_ready(http: aiohttp.ClientSession, source: Source, to: Json, body: Json) -> Sent:
    """A file takes a while after its upload; until then the message is refused."""
    for pause in PAUSES:
        try:
            return await _tried(http, source, to, body)
        except SendError as error:
            if not _unready(error):
                raise
        await asyncio.sleep(pause)
    return await _tried(http, source, to, body)


async def _tried(http: aiohttp.ClientSession, source: Source, to: Json, body: Json) -> Sent:
    """The 200 is the word that counts: sending again because of an odd answer would repeat the message."""
    data = await api.ask(http, source, "POST", "messages", params=to, json=body)
    try:
        taken = Taken.model_validate(data).message
    except ValidationError:
        return Sent("")
    return Sent(taken.body.mid, moment(taken.timestamp))


def _unready(error: SendError) -> bool:
    return error.code is SendCode.RETRY and ("not.ready" in error.detail or "not.processed" in error.detail)


async def _change(
    http: aiohttp.ClientSession, source: Source, method: str, target: str, **options: Any
) -> None:
    if not target:
        raise SendError(SendCode.PERMANENT, "the message has no id at MAX")
    await api.ask(http, source, method, "messages", params={"message_id": target}, **options)


async def _delete(http: aiohttp.ClientSession, source: Source, target: str) -> None:
    """A message that is not there any more is deleted."""
    try:
        await _change(http, source, "DELETE", target)
    except SendError as error:
        if ": 404 not.found" not in error.detail:
            raise


async def _act(http: aiohttp.ClientSession, source: Source, recipient: str, action: str) -> None:
    await api.ask(http, source, "POST", f"chats/{_chat(recipient)}/actions", json={"action": action})


def _said(outgoing: Outgoing) -> Json:
    """Plain when it can be: what is not HTML needs no escapes, and no text can turn into formatting."""
    marked = html(outgoing.text, outgoing.spans)
    if marked and len(marked) <= HARD_LIMIT:
        return {"text": marked, "format": "html"}
    return {"text": outgoing.text} if outgoing.text else {}


def _keyboard(buttons: Sequence[Button]) -> Json:
    return {"type": "inline_keyboard", "payload": {"buttons": [[_button(one)] for one in buttons]}}


def _button(button: Button) -> Json:
    if button.url:
        return {"type": "link", "text": button.text, "url": button.url}
    return {"type": "callback", "text": button.text, "payload": button.data}


def _chat(recipient: str) -> str:
    if re.fullmatch(r"-?\d{1,19}", recipient, re.ASCII) is None:
        raise SendError(SendCode.PERMANENT, "recipient is no id of a MAX chat")
    return recipient
