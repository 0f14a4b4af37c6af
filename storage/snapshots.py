"""All that one decision needs to know, in few queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from leads.changes import Arrived
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    DeskThread,
    Direction,
    Identity,
    Lead,
    Link,
    LinkBy,
    Message,
    PointKind,
    Reminder,
    ReminderState,
)
from leads.ports import Candidate, IntakeSnapshot, LeadSnapshot
from storage.database import Database
from storage.reads import by_ids, first, managers, some

MATCHES = 20  # contacts looked at for one event; more share a phone than make sense
_STRENGTH = {LinkBy.IDENTITY: 0, LinkBy.EMAIL: 1, LinkBy.PHONE: 2}
Evidence = dict[int, tuple[LinkBy, str]]
Owned = TypeVar("Owned", ContactPoint, Identity, Lead)


async def intake(
    db: Database, arrived: Arrived, phones: Sequence[str], emails: Sequence[str]
) -> IntakeSnapshot:
    """For one event of the inbox."""
    event = arrived.event
    candidates = await _candidates(db, await _evidence(db, arrived, phones, emails))
    conversation = await first(db, Conversation, source_id=arrived.source_id, conv=event.conv)
    target = await _named(db, conversation, event.message_id)
    target_lead = await first(db, Lead, id=target.lead_id) if target else None
    leads = [candidate.open_lead.id for candidate in candidates if candidate.open_lead]
    shown = sorted({*leads, *([target_lead.id] if target_lead else [])})
    return IntakeSnapshot(
        candidates=candidates,
        conversation=conversation,
        target=target,
        replied=await _named(db, conversation, event.reply_to),
        target_lead=target_lead,
        threads=await some(db, DeskThread, "id", lead_id__in=shown, active=True) if shown else (),
        reminders=await _waiting(db, leads),
        managers=await managers(db),
    )


async def _evidence(db: Database, arrived: Arrived, phones: Sequence[str], emails: Sequence[str]) -> Evidence:
    """What speaks for which contact, the strongest only."""
    found: Evidence = {}
    sender = arrived.event.sender.external_id
    if sender:
        place = {"channel": arrived.channel, "source_id": arrived.source_id, "external_id": sender}
        identity = await first(db, Identity, **place)
        if identity:
            found[identity.contact_id] = (LinkBy.IDENTITY, "")
    for kind, by, values in (
        (PointKind.EMAIL, LinkBy.EMAIL, emails),
        (PointKind.PHONE, LinkBy.PHONE, phones),
    ):
        if not values:
            continue
        for point in await some(db, ContactPoint, "-id", limit=MATCHES, kind=kind, value__in=list(values)):
            found.setdefault(point.contact_id, (by, point.value))
    return found


async def _candidates(db: Database, evidence: Evidence) -> tuple[Candidate, ...]:
    if not evidence:
        return ()
    ids = list(evidence)
    contacts = await by_ids(db, Contact, ids)
    identities = await some(db, Identity, "id", contact_id__in=ids)
    points = await some(db, ContactPoint, "id", contact_id__in=ids)
    leads = await some(db, Lead, "-closed_at", "-id", contact_id__in=ids)
    made = [
        Candidate(
            contact=contact,
            identities=_of(contact, identities),
            points=_of(contact, points),
            by=evidence[contact.id][0],
            value=evidence[contact.id][1],
            open_lead=next((lead for lead in _of(contact, leads) if lead.open), None),
            last_lead=next((lead for lead in _of(contact, leads) if not lead.open), None),
        )
        for contact in contacts.values()
    ]
    made.sort(key=lambda one: one.contact.active_at, reverse=True)
    return tuple(sorted(made, key=lambda one: _STRENGTH[one.by]))


def _of(contact: Contact, rows: Sequence[Owned]) -> tuple[Owned, ...]:
    return tuple(row for row in rows if row.contact_id == contact.id)


async def _named(db: Database, conversation: Conversation | None, external_id: str) -> Message | None:
    """The newest message of the conversation with this vendor's id."""
    if conversation is None or not external_id:
        return None
    return await first(db, Message, "-id", conversation_id=conversation.id, external_id=external_id)


async def _waiting(db: Database, lead_ids: Sequence[int]) -> tuple[Reminder, ...]:
    if not lead_ids:
        return ()
    waiting = ReminderState.WAITING
    return await some(db, Reminder, "due_at", "id", lead_id__in=list(lead_ids), state=waiting)


async def lead(db: Database, lead_id: int) -> LeadSnapshot | None:
    """One lead with everything around it."""
    found = await first(db, Lead, id=lead_id)
    if found is None:
        return None
    owner = {"contact_id": found.contact_id}
    contact = await first(db, Contact, id=found.contact_id)
    conversations = await some(db, Conversation, "id", **owner)
    due = (ReminderState.WAITING, ReminderState.FIRED)
    incoming = {"lead_id": lead_id, "direction": Direction.IN}
    links = await some(db, Link, "id", **owner)
    assert contact is not None  # noqa: S101  a foreign key holds it
    return LeadSnapshot(
        lead=found,
        contact=contact,
        points=await some(db, ContactPoint, "id", **owner),
        identities=await some(db, Identity, "id", **owner),
        conversations=_newest_first(conversations),
        threads=await some(db, DeskThread, "id", lead_id=lead_id),
        reminders=await some(db, Reminder, "due_at", "id", lead_id=lead_id, state__in=due),
        managers=await managers(db),
        first_message=await first(db, Message, "id", **incoming),
        last_message=await first(db, Message, "-id", **incoming),
        others=tuple(dict.fromkeys(other for link in links for other in link.others)),
        sources=await _keys(db, conversations),
    )


def _newest_first(conversations: Sequence[Conversation]) -> tuple[Conversation, ...]:
    def newest(one: Conversation) -> tuple[datetime, int]:
        return one.last_in_at or one.created_at, one.id

    return tuple(sorted(conversations, key=newest, reverse=True))


async def _keys(db: Database, conversations: Sequence[Conversation]) -> dict[int, str]:
    keys = {row["id"]: row["key"] for row in await db.rows("SELECT id, key FROM source")}
    return {one.source_id: keys[one.source_id] for one in conversations}
