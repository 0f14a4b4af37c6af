"""What a manager does with a lead: take, hand over, note, close, reopen, choose the way of the answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leads.assigning import card_edits, moved, places, unseen
from leads.changes import Act
from leads.errors import Conflict, Refused
from leads.events import Attachment, Span
from leads.journal import Word
from leads.model import DeskMessage, DeskUse, Direction, Lead, LeadState, Manager, Message, Role
from leads.ports import LeadSnapshot, Store
from leads.routing import route
from leads.writing import Writing, thrice

CLOSED_STATES = frozenset({LeadState.WON, LeadState.LOST, LeadState.SPAM})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a manager wrote something at the desk."""

    chat_id: int
    desk_id: int
    topic_id: int | None = None


def may(lead: Lead, manager: Manager) -> bool:
    """Whether a lead is this manager's business: their own, nobody's, or anybody's for heads and owners."""
    return lead.manager_id in {None, manager.id} or manager.role is not Role.MANAGER


async def found(store: Store, act: Act, lead_id: int, *, own: bool = False) -> LeadSnapshot:
    """The lead, open or not. Refused: refused-no-lead (lead); with `own` refused-not-yours (manager)."""
    snapshot = await store.lead_snapshot(lead_id)
    if snapshot is None:
        raise Refused("refused-no-lead", lead=lead_id)
    if own and not may(snapshot.lead, act.by):
        raise Refused("refused-not-yours", manager=snapshot.manager.name if snapshot.manager else "")
    return snapshot


async def opened(store: Store, act: Act, lead_id: int, *, own: bool = False) -> LeadSnapshot:
    """The same for acts that want an open lead. Refused: refused-closed (lead), too."""
    snapshot = await found(store, act, lead_id, own=own)
    if not snapshot.lead.open:
        raise Refused("refused-closed", lead=lead_id)
    return snapshot


async def taken(w: Writing, store: Store, act: Act, snapshot: LeadSnapshot) -> Lead:
    """The lead as the acting manager's own; whoever had it is told. The caller puts it."""
    if snapshot.lead.manager_id == act.by.id:
        return snapshot.lead
    news = await unseen(store, snapshot, act.by)
    w.note(act.now, Word.TAKEN, lead=snapshot.lead.id, manager=act.by.id)
    return moved(w, snapshot, act.by, {"why": "taken", "by": act.by.id}, act.now, news=news, by=act.by)


def refresh(w: Writing, snapshot: LeadSnapshot, lead: Lead) -> None:
    """Bring the cards of a lead up to date wherever it is worked; one that moves gets a new one anyway."""
    if lead.manager_id == snapshot.lead.manager_id:
        w.put(*card_edits(lead.id, places(lead, snapshot.managers)))


async def take(store: Store, act: Act, lead_id: int) -> None:
    """Any manager may take any open lead; who had it is told."""

    async def once() -> None:
        snapshot = await opened(store, act, lead_id)
        w = Writing()
        lead = replace(await taken(w, store, act, snapshot), state=LeadState.ACTIVE)
        if lead != snapshot.lead:
            w.put(lead)
            refresh(w, snapshot, lead)
        await store.commit(w.changes(act.settle, act.also))

    await thrice(once)


async def hand_over(store: Store, act: Act, lead_id: int, to: int | None) -> None:
    """Give it to manager `to`; None: to whoever of the others is on shift and next.

    Refused: refused-no-manager, refused-already-theirs (manager), refused-nobody-on-shift.
    """

    async def once() -> None:
        snapshot = await opened(store, act, lead_id)
        target = _successor(snapshot, act, to)
        w = Writing()
        news = await unseen(store, snapshot, target)
        w.note(act.now, Word.HANDED_OVER, lead=lead_id, manager=act.by.id, to=target.id)
        why = {"why": "handed_over", "by": act.by.id}
        w.put(moved(w, snapshot, target, why, act.now, news=news, by=act.by))
        await store.commit(w.changes(act.settle, act.also))

    await thrice(once)


def _successor(snapshot: LeadSnapshot, act: Act, to: int | None) -> Manager:
    if to is None:
        others = {snapshot.lead.manager_id or act.by.id}
        found = route(snapshot.managers, None, act.now, exclude=others).manager
        if found is None:
            raise Refused("refused-nobody-on-shift")
        return found
    target = next((one for one in snapshot.managers if one.id == to), None)
    if target is None:
        raise Refused("refused-no-manager")
    if target.id == snapshot.lead.manager_id:
        raise Refused("refused-already-theirs", manager=target.name)
    return target


async def note(
    store: Store,
    act: Act,
    lead_id: int,
    text: str,
    at: Place | None = None,
    *,
    spans: tuple[Span, ...] = (),
    attachments: tuple[Attachment, ...] = (),
) -> None:
    """Keep words that never leave the desk. Refused: refused-empty, refused-closed, refused-not-yours."""
    if not text.strip() and not attachments:
        raise Refused("refused-empty")
    await opened(store, act, lead_id, own=True)
    w = Writing()
    kept = Message(
        w.new_id(),
        lead_id,
        Direction.NOTE,
        act.now,
        manager_id=act.by.id,
        text=text,
        spans=spans,
        attachments=attachments,
    )
    w.put(kept)
    if at:
        w.put(desk_message(w, at, kept, DeskUse.NOTE))
    w.note(act.now, Word.NOTED, lead=lead_id, manager=act.by.id)
    await store.commit(w.changes(act.settle, act.also))


def desk_message(w: Writing, at: Place, message: Message, use: DeskUse) -> DeskMessage:
    return DeskMessage(w.new_id(), at.chat_id, at.desk_id, message.lead_id, use, message.id, at.topic_id)


async def close(store: Store, act: Act, lead_id: int, state: LeadState, reason: str) -> None:
    """Close it as won, lost or spam; what was to be remembered about it is over."""
    if state not in CLOSED_STATES:
        raise ValueError(f"{state} does not close a lead")

    async def once() -> None:
        snapshot = await opened(store, act, lead_id, own=True)
        w = Writing()
        lead = replace(
            snapshot.lead, state=state, closed_at=act.now, close_reason=reason, unanswered_since=None
        )
        w.put(lead)
        w.cancel(*(one.id for one in snapshot.reminders))
        w.note(act.now, Word.CLOSED, lead=lead_id, manager=act.by.id, state=state.value, reason=reason)
        refresh(w, snapshot, lead)
        await store.commit(w.changes(act.settle, act.also))

    await thrice(once)


async def reopen(store: Store, act: Act, lead_id: int) -> None:
    """Open it again for the manager who had it, else for the one who asks.

    Refused: refused-another-open, when the customer has a newer open lead.
    """

    async def once() -> None:
        snapshot = await found(store, act, lead_id, own=True)
        w = Writing()
        if not snapshot.lead.open:
            lead = snapshot.lead if snapshot.manager else await taken(w, store, act, snapshot)
            lead = replace(lead, state=LeadState.ACTIVE, closed_at=None, close_reason="")
            w.put(lead)
            w.note(act.now, Word.REOPENED, lead=lead_id, manager=act.by.id)
            refresh(w, snapshot, lead)
        await store.commit(w.changes(act.settle, act.also))

    try:
        await thrice(once)
    except Conflict:
        # Only one lead of a contact may be open; nothing else stands in the way three times.
        raise Refused("refused-another-open") from None


async def choose_conversation(store: Store, act: Act, lead_id: int, conversation_id: int | None) -> None:
    """Choose which way replies go; None: the newest that can be answered."""

    async def once() -> None:
        snapshot = await opened(store, act, lead_id, own=True)
        if conversation_id not in {None, *(one.id for one in snapshot.conversations)}:
            raise Refused("refused-no-way", phone="", email="")
        w = Writing()
        lead = replace(snapshot.lead, via=conversation_id)
        w.put(lead)
        w.note(act.now, Word.VIA, lead=lead_id, manager=act.by.id, conversation=conversation_id)
        refresh(w, snapshot, lead)
        await store.commit(w.changes(act.settle, act.also))

    await thrice(once)
