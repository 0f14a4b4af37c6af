"""What is told to a customer without words: a reaction, and that their message was read."""

from __future__ import annotations

from leads import desk
from leads.changes import Act, Rules, ToCustomer, ToManager, View
from leads.errors import Refused
from leads.events import Outgoing, Verb
from leads.journal import Word
from leads.model import Conversation, DeskMessage, DeskUse, Direction, Message
from leads.ports import LeadSnapshot, Store
from leads.ways import obstacle
from leads.windows import is_shut
from leads.writing import Writing, once


def read_mark(snapshot: LeadSnapshot, way: Conversation, rules: Rules) -> list[ToCustomer]:
    """A row that marks the customer's newest message as read, once there is an answer to it.

    In an order of its own: the answer never waits for it.
    """
    newest = snapshot.last_message
    unread = newest and newest.conversation_id == way.id and newest.external_id
    if not (newest and unread and snapshot.lead.unanswered_since and rules.can[way.channel].read_marks):
        return []
    mark = Outgoing(way.thread, verb=Verb.READ, target=newest.external_id)
    return [ToCustomer(newest.id, way.source_id, f"read:{way.conv}", mark)]


async def react(store: Store, act: Act, place: DeskMessage, emoji: str) -> None:
    """Put a manager's reaction on the customer's message; an empty one takes it back.

    A card is no message: what is put there stays at the desk. Where the channel has no reactions, that is
    said once. Refused: refused-not-yours, refused-blocked, refused-window (channel).
    """
    w = Writing()
    message = await store.message(place.message_id) if place.message_id else None
    if place.use is DeskUse.CUSTOMER and message and message.direction is Direction.IN:
        await _react(w, store, act, place, message, emoji)
    await store.commit(w.changes(act.settle, act.also))


async def _react(
    w: Writing, store: Store, act: Act, place: DeskMessage, message: Message, emoji: str
) -> None:
    snapshot = await desk.found(store, act, message.lead_id, own=True)
    way = next((one for one in snapshot.conversations if one.id == message.conversation_id), None)
    can = act.rules.can.get(way.channel) if way else None
    if way is None or can is None or not can.reactions or not message.external_id:
        if emoji and await once(
            w, store, act.now, message.lead_id, f"no reactions:{message.conversation_id}"
        ):
            args = {"key": "no-reactions", "channel": way.channel if way else ""}
            w.put(ToManager(View.SAY, place.chat_id, message.lead_id, place.topic_id, place.desk_id, args))
        return
    why = obstacle(snapshot, way, act.rules, act.now)
    if why or is_shut(way, act.rules, act.now):
        raise Refused(why or "refused-window", channel=way.channel, phone="", email="")
    reaction = Outgoing(way.thread, emoji, verb=Verb.REACT, target=message.external_id)
    w.put(ToCustomer(message.id, way.source_id, way.conv, reaction))
    w.note(act.now, Word.REACTED, lead=message.lead_id, manager=act.by.id, message=message.id)
