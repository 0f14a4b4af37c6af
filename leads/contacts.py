"""A contact learns from an event: name, language, phones, e-mails, identities, where the person came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from leads import normal, profiles
from leads.changes import Arrived
from leads.identity import Key, Match
from leads.journal import Word
from leads.model import Contact, ContactPoint, Identity, Link, LinkBy
from leads.writing import Writing


@dataclass(frozen=True, slots=True)
class Enrolled:
    contact: Contact
    identity_id: int | None
    changed: bool  # whether a card that shows this contact is out of date


def enrol(
    w: Writing,
    arrived: Arrived,
    match: Match,
    keys: tuple[Key, ...],
    now: datetime,
    *,
    manager_id: int | None = None,
) -> Enrolled:
    """Put the contact, new or grown, with what it is known by and the evidence for it.

    `manager_id` is who gets this contact's new lead.
    """
    contact = _grown(w, arrived, match, now)
    w.put(replace(contact, manager_id=manager_id or contact.manager_id))
    points = _points(w, contact.id, match, keys)
    identity = _identity(w, arrived, contact.id, match, now)
    if match.by is not LinkBy.IDENTITY or match.others or points:
        _evidence(w, arrived, contact.id, identity, match, now)
    before = match.candidate.contact if match.candidate else None
    facts = (contact.name, contact.language)
    changed = before is None or bool(points) or facts != (before.name, before.language)
    return Enrolled(contact, identity, changed or (identity is not None and identity < 0))


def _grown(w: Writing, arrived: Arrived, match: Match, now: datetime) -> Contact:
    sender, attribution = arrived.event.sender, arrived.event.attribution
    name = normal.name(sender.name) or normal.name(sender.username)
    if match.candidate is None:
        return Contact(w.new_id(), name, now, now, sender.language, None, attribution, attribution)
    known = match.candidate.contact
    return replace(
        known,
        name=known.name or name,
        language=sender.language or known.language,
        active_at=max(known.active_at, now),
        first_touch=known.first_touch or attribution,
        last_touch=attribution or known.last_touch,
    )


def _points(w: Writing, contact_id: int, match: Match, keys: tuple[Key, ...]) -> int:
    held = {(one.kind, one.value) for one in match.candidate.points} if match.candidate else set()
    fresh = [key for key in keys if (key.kind, key.value) not in held]
    w.put(*(ContactPoint(w.new_id(), contact_id, key.kind, key.value, key.raw) for key in fresh))
    return len(fresh)


def _identity(w: Writing, arrived: Arrived, contact_id: int, match: Match, now: datetime) -> int | None:
    """The sender on this channel, by id; a known one lets us in again by writing."""
    sender = arrived.event.sender
    if not sender.external_id:
        return None
    known = own_identity(arrived, match)
    if known is None:
        fresh = Identity(
            w.new_id(),
            contact_id,
            arrived.channel,
            arrived.source_id,
            sender.external_id,
            now,
            normal.name(sender.name),
            sender.username,
        )
        w.put(fresh)
        return fresh.id
    now_called = normal.name(sender.name) or known.name
    seen = replace(known, name=now_called, username=sender.username or known.username, blocked_at=None)
    if profiles.is_old(known, now):
        seen = replace(seen, profile_at=None)
    if seen != known:
        w.put(seen)
    return known.id


def own_identity(arrived: Arrived, match: Match) -> Identity | None:
    """The matched contact's identity that wrote this event."""
    key = (arrived.channel, arrived.source_id, arrived.event.sender.external_id)
    held = match.candidate.identities if match.candidate else ()
    return next((one for one in held if (one.channel, one.source_id, one.external_id) == key), None)


def _evidence(
    w: Writing, arrived: Arrived, contact_id: int, identity_id: int | None, match: Match, now: datetime
) -> None:
    w.put(Link(w.new_id(), contact_id, match.by, now, identity_id, match.value, match.others))
    w.note(now, Word.LINKED, inbox=arrived.inbox_id, by=match.by.value, others=list(match.others))
