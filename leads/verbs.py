"""What a row to a customer means beside sending: which message it aims at, and what becomes of its doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from leads.assigning import states
from leads.changes import Rules, ToCustomer, ToManager, View
from leads.events import SendCode, Verb
from leads.journal import Word
from leads.model import Data, DeskMessage, DeskUse, Message, MessageState
from leads.ports import Store
from leads.windows import is_late
from leads.writing import Writing

A_WHILE = timedelta(minutes=1)  # that a row may wait without anything changing
_FAILED = {Verb.EDIT: "edit-failed", Verb.DELETE: "unsend-failed", Verb.REACT: "reaction-failed"}


async def aimed(store: Store, message: Message, body: ToCustomer) -> ToCustomer | None:
    """The row with the vendor's id of the message that it means; None when it has lost its point.

    An edit of what never went, a part taken back twice; a part behind one that failed, or one that a person
    revived although the reply went whole meanwhile.
    """
    verb = body.outgoing.verb
    if verb is Verb.SEND:
        return None if await _superseded(store, message, body) else body
    target = body.outgoing.target
    if verb in {Verb.EDIT, Verb.DELETE}:
        target = "" if message.deleted_at else await _external_id(store, message, body.part)
    return replace(body, outgoing=replace(body.outgoing, target=target)) if target else None


async def timely(store: Store, body: ToCustomer, now: datetime, rules: Rules) -> ToCustomer:
    """A reply that waited for its turn, marked as late where the reply window shut meanwhile."""
    message = await store.message(body.message_id)
    way = await store.conversation(message.conversation_id or 0) if message else None
    sends = body.outgoing.verb is Verb.SEND and not body.outgoing.template
    if not (way and sends and is_late(way, rules, now)):
        return body
    return replace(body, outgoing=replace(body.outgoing, late=True))


async def _superseded(store: Store, message: Message, body: ToCustomer) -> bool:
    if message.state is MessageState.QUEUED:
        return False
    for entry in reversed(await store.journal(message.lead_id)):
        if entry.data.get("message") == message.id and entry.kind in {Word.SENT, Word.FAILED}:
            return entry.kind == Word.SENT or body.part > entry.data.get("part", 0)
    return False


async def _external_id(store: Store, message: Message, part: int) -> str:
    """The vendor's id of one part: the message keeps the first one's, the journal the others'."""
    if part == 0:
        return message.external_id
    for entry in reversed(await store.journal(message.lead_id)):
        data = entry.data
        if entry.kind == Word.WENT and (data.get("message"), data.get("part")) == (message.id, part):
            return str(data["external_id"])
    return ""


async def done(store: Store, w: Writing, message: Message, body: ToCustomer, now: datetime) -> None:
    """It was done. Of all but sending only a reply that was taken back leaves a trace: with its last part."""
    if body.outgoing.verb is not Verb.DELETE or body.part < body.parts - 1:
        return
    gone = replace(message, deleted_at=now)
    w.put(gone, *states(gone, await chats(store, gone)))
    await tell(store, w, message, {"key": "taken-back"})


async def refused(
    store: Store, w: Writing, message: Message, verb: Verb, code: SendCode, detail: str
) -> None:
    """It was not done: whoever asked for it is told. A read mark is nobody's trouble."""
    if key := _FAILED.get(verb):
        await tell(store, w, message, {"key": key, "code": code.value, "detail": detail})


async def tell(store: Store, w: Writing, message: Message, args: Data) -> None:
    """Say something under the reply itself; about a customer's message, where it was shown last."""
    for place in _shown(await store.desk_messages_of(message.id)):
        w.put(ToManager(View.SAY, place.chat_id, message.lead_id, place.topic_id, place.desk_id, args))


def _shown(places: Sequence[DeskMessage]) -> Sequence[DeskMessage]:
    own = [place for place in places if place.use is DeskUse.REPLY]
    return own or [place for place in places if place.use is DeskUse.CUSTOMER][-1:]


async def chats(store: Store, message: Message) -> list[int]:
    """Where a reply was written."""
    places = await store.desk_messages_of(message.id)
    return list(dict.fromkeys(place.chat_id for place in places if place.use is DeskUse.REPLY))
