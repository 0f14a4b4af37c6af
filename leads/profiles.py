"""What a vendor tells of a person when it is asked: asked once, and rarely again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from leads import normal
from leads.assigning import card_edits, places
from leads.changes import Row
from leads.events import Profile
from leads.model import Contact, Identity
from leads.ports import LeadSnapshot, Store
from leads.writing import Writing, thrice

AGAIN_AFTER = timedelta(days=30)  # when the person writes once more


def is_old(identity: Identity, now: datetime) -> bool:
    """Whether the vendor shall be asked anew about somebody who writes now."""
    return identity.profile_at is not None and now - identity.profile_at > AGAIN_AFTER


async def learn(
    store: Store, identity: Identity, lead_id: int | None, profile: Profile, avatar: str, now: datetime
) -> None:
    """Note what the vendor said, be it nothing; `lead_id` is the contact's newest lead, whose card changes.

    `avatar` is the content hash of the picture. A name that the person gave in a form stays.
    """
    await thrice(lambda: _learn(store, identity, lead_id, profile, avatar, now))


async def _learn(
    store: Store, identity: Identity, lead_id: int | None, profile: Profile, avatar: str, now: datetime
) -> None:
    w = Writing()
    snapshot = await store.lead_snapshot(lead_id) if lead_id else None
    held = {one.id: one for one in snapshot.identities} if snapshot else {}
    known = held.get(identity.id, identity)
    name = normal.name(profile.name)
    seen = replace(
        known,
        name=name or known.name,
        username=profile.username or known.username,
        avatar=avatar or known.avatar,
        profile_at=now,
    )
    w.put(seen)
    if snapshot:
        contact = _introduced(snapshot.contact, known, name or normal.name(profile.username), profile)
        w.put(*([contact] if contact != snapshot.contact else []))
        w.put(*_shown_anew(snapshot, known, seen, contact))
    await store.commit(w.changes())


def _introduced(contact: Contact, identity: Identity, name: str, profile: Profile) -> Contact:
    nameless = contact.name in {"", identity.name, normal.name(identity.username)}
    called = name if nameless and name else contact.name
    return replace(contact, name=called, language=contact.language or profile.language)


def _shown_anew(snapshot: LeadSnapshot, before: Identity, seen: Identity, contact: Contact) -> list[Row]:
    facts = (contact.name, contact.language, seen.username)
    if facts == (snapshot.contact.name, snapshot.contact.language, before.username):
        return []
    return [*card_edits(snapshot.lead.id, places(snapshot.lead, snapshot.managers))]
