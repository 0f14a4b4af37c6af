"""All that intake needs to know for its decisions, in few queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from leads.changes import Arrived
from leads.events import Kind
from leads.journal import Word
from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    DeskThread,
    Entry,
    Identity,
    Lead,
    LinkBy,
    Message,
    PointKind,
    Reminder,
    ReminderState,
)
from leads.ports import Asked, Candidate, IntakeSnapshot
from storage.database import Database
from storage.reads import by_ids, first, managers, some

MATCHES = 20  # contacts looked at for one event; more share a phone than make sense
_ABOUT_OURS = frozenset({Kind.STATUS, Kind.REACTION, Kind.CLICK, Kind.ECHO})
_STRENGTH = {LinkBy.IDENTITY: 0, LinkBy.EMAIL: 1, LinkBy.PHONE: 2}
Evidence = dict[int, tuple[LinkBy, str]]
Owned = TypeVar("Owned", ContactPoint, Identity, Lead)


async def intake(
    db: Database, arrived: Arrived, phones: Sequence[str], emails: Sequence[str]
) -> IntakeSnapshot:
    """For one event of the inbox."""
    return (await intake_many(db, [Asked(arrived, phones, emails)]))[0]


async def intake_many(db: Database, asked: Sequence[Asked]) -> list[IntakeSnapshot]:
    """For several events, with as many queries as for one."""
    return await db.look(lambda inside: _many(inside, asked))


async def _many(db: Database, asked: Sequence[Asked]) -> list[IntakeSnapshot]:
    evidence = await _evidence(db, asked)
    candidates = await _candidates(db, evidence)
    conversations = await _conversations(db, asked)
    staff = await managers(db)
    made = []
    for one, found, conversation in zip(asked, candidates, conversations, strict=True):
        event = one.arrived.event
        target = await _named(db, conversation, event.message_id)
        part = 0
        if target is None and event.kind in _ABOUT_OURS:
            target, part = await _part(db, conversation, event.message_id)
        replied = await _named(db, conversation, event.reply_to)
        made.append(
            IntakeSnapshot(
                candidates=found,
                conversation=conversation,
                target=target,
                target_part=part,
                replied=replied or (await _part(db, conversation, event.reply_to))[0],
                target_lead=await first(db, Lead, id=target.lead_id) if target else None,
                threads=(),
                reminders=(),
                managers=staff,
            )
        )
    return await _with_leads(db, made)


async def _with_leads(db: Database, made: Sequence[IntakeSnapshot]) -> list[IntakeSnapshot]:
    """The same with what belongs to the leads that they name."""
    opened = [{one.open_lead.id for one in snapshot.candidates if one.open_lead} for snapshot in made]
    named = [{snapshot.target_lead.id} if snapshot.target_lead else set[int]() for snapshot in made]
    shown = sorted(set().union(*opened, *named))
    threads = await some(db, DeskThread, "id", lead_id__in=shown, active=True) if shown else ()
    reminders = await _waiting(db, sorted(set().union(*opened)))
    return [
        replace(
            snapshot,
            threads=tuple(thread for thread in threads if thread.lead_id in mine | target),
            reminders=tuple(reminder for reminder in reminders if reminder.lead_id in mine),
        )
        for snapshot, mine, target in zip(made, opened, named, strict=True)
    ]


async def _conversations(db: Database, asked: Sequence[Asked]) -> list[Conversation | None]:
    keys = [(one.arrived.source_id, one.arrived.event.conv) for one in asked]
    found = await some(
        db,
        Conversation,
        "id",
        source_id__in=sorted({source_id for source_id, _ in keys}),
        conv__in=sorted({conv for _, conv in keys}),
    )
    by_key = {(one.source_id, one.conv): one for one in found}
    return [by_key.get(key) for key in keys]


async def _evidence(db: Database, asked: Sequence[Asked]) -> list[Evidence]:
    """What speaks for which contact, the strongest only."""
    identities = await _identities(db, asked)
    emails = await _points(db, PointKind.EMAIL, {value for one in asked for value in one.emails})
    phones = await _points(db, PointKind.PHONE, {value for one in asked for value in one.phones})
    made = []
    for one in asked:
        found: Evidence = {}
        sender = one.arrived.event.sender.external_id
        identity = identities.get((one.arrived.channel, one.arrived.source_id, sender))
        if identity:
            found[identity.contact_id] = (LinkBy.IDENTITY, "")
        for by, points, values in ((LinkBy.EMAIL, emails, one.emails), (LinkBy.PHONE, phones, one.phones)):
            mine = (point for value in values for point in points.get(value, ())[:MATCHES])
            for point in sorted(mine, key=lambda point: -point.id):
                found.setdefault(point.contact_id, (by, point.value))
        made.append(found)
    return made


async def _identities(db: Database, asked: Sequence[Asked]) -> dict[tuple[str, int, str], Identity]:
    senders = {one.arrived.event.sender.external_id for one in asked} - {""}
    if not senders:
        return {}
    sources = sorted({one.arrived.source_id for one in asked})
    found = await some(db, Identity, "id", source_id__in=sources, external_id__in=sorted(senders))
    return {(one.channel, one.source_id, one.external_id): one for one in found}


async def _points(db: Database, kind: PointKind, values: set[str]) -> dict[str, list[ContactPoint]]:
    """The newest points with each value; one that very many share must not crowd out the others."""
    if not values:
        return {}
    limit = MATCHES * len(values)
    points = await some(db, ContactPoint, "-id", limit=limit, kind=kind, value__in=sorted(values))
    if len(points) == limit and len(values) > 1:
        return {value: points for one in values for value, points in (await _points(db, kind, {one})).items()}
    found: dict[str, list[ContactPoint]] = {}
    for point in points:
        found.setdefault(point.value, []).append(point)
    return found


async def _candidates(db: Database, evidence: Sequence[Evidence]) -> list[tuple[Candidate, ...]]:
    ids = sorted({contact_id for found in evidence for contact_id in found})
    if not ids:
        return [() for _ in evidence]
    contacts = await by_ids(db, Contact, ids)
    identities = await some(db, Identity, "id", contact_id__in=ids)
    points = await some(db, ContactPoint, "id", contact_id__in=ids)
    leads = await some(db, Lead, "-closed_at", "-id", contact_id__in=ids)

    def candidate(contact_id: int, by: LinkBy, value: str) -> Candidate:
        own = _of(contact_id, leads)
        return Candidate(
            contact=contacts[contact_id],
            identities=_of(contact_id, identities),
            points=_of(contact_id, points),
            by=by,
            value=value,
            open_lead=next((lead for lead in own if lead.open), None),
            last_lead=next((lead for lead in own if not lead.open), None),
        )

    return [_strongest_first(candidate(who, *why) for who, why in found.items()) for found in evidence]


def _strongest_first(made: Iterable[Candidate]) -> tuple[Candidate, ...]:
    newest = sorted(made, key=lambda one: (one.contact.active_at, -one.contact.id), reverse=True)
    return tuple(sorted(newest, key=lambda one: _STRENGTH[one.by]))


def _of(contact_id: int, rows: Sequence[Owned]) -> tuple[Owned, ...]:
    return tuple(row for row in rows if row.contact_id == contact_id)


async def _named(db: Database, conversation: Conversation | None, external_id: str) -> Message | None:
    """The newest message of the conversation with this vendor's id."""
    if conversation is None or not external_id:
        return None
    return await first(db, Message, "-id", conversation_id=conversation.id, external_id=external_id)


async def _part(
    db: Database, conversation: Conversation | None, external_id: str
) -> tuple[Message | None, int]:
    """Our message of which a later part has this vendor's id, and which part: only the journal knows."""
    if conversation is None or not external_id:
        return None, 0
    leads = await some(db, Lead, "id", contact_id=conversation.contact_id)
    went = await some(db, Entry, "-id", lead_id__in=[lead.id for lead in leads], kind=Word.WENT)
    for entry in went:
        if entry.data["external_id"] == external_id:
            return await first(db, Message, id=entry.data["message"]), int(entry.data["part"])
    return None, 0


async def _waiting(db: Database, lead_ids: Sequence[int]) -> tuple[Reminder, ...]:
    if not lead_ids:
        return ()
    waiting = ReminderState.WAITING
    return await some(db, Reminder, "due_at", "id", lead_id__in=list(lead_ids), state=waiting)
