"""A lead finds its manager: where its news is shown, how it moves, what the new one must still see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from leads.changes import ToManager, TurnTaken, View
from leads.journal import Word
from leads.model import Data, Direction, Lead, LeadState, Manager, Message, MessageState
from leads.ports import LeadSnapshot, Store
from leads.routing import route
from leads.writing import Writing, thrice

LOOK_BACK = 500  # messages of a lead that are read to find the unseen ones


def places(lead: Lead, managers: Sequence[Manager]) -> tuple[int, ...]:
    """The chats where a lead's news is shown: its manager's own. Nobody who left or lost it reads on."""
    return tuple(one.telegram_id for one in managers if one.id == lead.manager_id)


def card_edits(lead_id: int, chats: Sequence[int]) -> list[ToManager]:
    return [
        ToManager(View.CARD_EDIT, chat, lead_id, coalesce=f"card:{lead_id}:{chat}")
        for chat in dict.fromkeys(chats)
    ]


def states(message: Message, chats: Sequence[int]) -> list[ToManager]:
    """Rows that show how a reply goes, on the message itself. A stored one only: the key has its number.

    Should it fail before the row that says `queued` is shown, another row tells why.
    """
    coalesce = f"state:{message.id}" if message.id > 0 else ""
    args: Data = {"message": message.id}
    if message.state is MessageState.QUEUED:
        args = {**args, "queued": True}
    return [ToManager(View.STATE, chat, message.lead_id, args=args, coalesce=coalesce) for chat in chats]


async def unseen(store: Store, snapshot: LeadSnapshot, manager: Manager) -> tuple[Message, ...]:
    """The customer's unanswered messages that this manager was not shown; a card shows the first one."""
    since = snapshot.lead.unanswered_since
    if since is None:
        return ()
    first = snapshot.first_message
    found = []
    for message in await store.messages(snapshot.lead.id, LOOK_BACK):
        if message.direction is not Direction.IN or message.at < since or (first and message.id == first.id):
            continue
        shown = await store.desk_messages_of(message.id)
        if all(one.chat_id != manager.telegram_id for one in shown):
            found.append(message)
    return tuple(found)


def moved(
    w: Writing,
    snapshot: LeadSnapshot,
    to: Manager,
    why: Data,
    now: datetime,
    *,
    news: Sequence[Message] = (),
    by: Manager | None = None,
) -> Lead:
    """Give the lead to `to`: its former manager is told, the new one gets the card and the unseen messages.

    Returns the lead for the caller to put, who may have more to change.
    """
    lead = snapshot.lead
    left = (one for one in snapshot.threads if one.active and one.chat_id != to.telegram_id)
    w.put(*(replace(thread, active=False) for thread in left))
    if snapshot.manager and snapshot.manager.id != to.id:
        _leave(w, snapshot, snapshot.manager.telegram_id, {"to": to.id, "by": by.id if by else to.id})
    _arrive(w, snapshot, to, now)
    w.put(*(ToManager(View.CUSTOMER, to.telegram_id, lead.id, args={"message": one.id}) for one in news))
    w.put(TurnTaken(to.id, now), replace(snapshot.contact, manager_id=to.id))
    w.note(now, Word.ROUTED, lead=lead.id, manager=to.id, **why)
    return replace(lead, manager_id=to.id, state=LeadState.ASSIGNED, routed=why, assigned_at=now)


def _leave(w: Writing, snapshot: LeadSnapshot, chat: int, args: Data) -> None:
    """Tell the former manager, in the lead's own topic, and bring the old card up to date."""
    thread = next((one for one in snapshot.threads if one.chat_id == chat), None)
    topic = thread.topic_id if thread else None
    w.put(ToManager(View.MOVED, chat, snapshot.lead.id, topic, args=args))
    w.put(*card_edits(snapshot.lead.id, [chat]))


def _arrive(w: Writing, snapshot: LeadSnapshot, to: Manager, now: datetime) -> None:
    """The card announces a lead once to a manager; whom it comes back to gets a fresh card in its place."""
    lead_id, chat = snapshot.lead.id, to.telegram_id
    here = [one for one in snapshot.threads if one.chat_id == chat]
    thread = max(here, key=lambda one: one.id, default=None)
    if thread is None:
        w.put(ToManager(View.CARD, chat, lead_id))
        w.note(now, Word.ANNOUNCED, lead=lead_id, manager=to.id)
        return
    if not thread.active:
        w.put(replace(thread, active=True))
    w.put(ToManager(View.LEAD, chat, lead_id, thread.topic_id), *card_edits(lead_id, [chat]))


async def give(store: Store, lead_id: int, now: datetime) -> bool:
    """Route a waiting lead to somebody who is on shift by now; False when it need not or cannot be."""

    async def once() -> bool:
        snapshot = await store.lead_snapshot(lead_id)
        if snapshot is None or snapshot.lead.state is not LeadState.WAITING:
            return False
        routed = route(snapshot.managers, snapshot.contact.manager_id, now)
        if routed.manager is None:
            return False
        w = Writing()
        news = await unseen(store, snapshot, routed.manager)
        w.put(moved(w, snapshot, routed.manager, routed.why, now, news=news))
        await store.commit(w.changes())
        return True

    return await thrice(once)
