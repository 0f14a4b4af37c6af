"""Leads with all that a desk act decides upon and a view shows: as many queries for many as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from leads.model import (
    Contact,
    ContactPoint,
    Conversation,
    DeskThread,
    Identity,
    Lead,
    Link,
    Manager,
    Message,
    Reminder,
    ReminderState,
)
from leads.ports import LeadSnapshot
from storage.database import Database
from storage.reads import by_ids, managers, some

T = TypeVar("T")
Where = dict[str, Any]
Owned = Mapping[int, Sequence[T]]  # by the id of the lead or contact that they belong to

_DUE = (ReminderState.WAITING, ReminderState.FIRED)
# A lead may have thousands of messages; either end of them is found by the index.
_ENDS = """
SELECT l.id,
    (SELECT m.id FROM message m WHERE m.lead_id = l.id AND m.direction = 'in' ORDER BY m.id LIMIT 1) AS first,
    (SELECT m.id FROM message m WHERE m.lead_id = l.id AND m.direction = 'in'
     ORDER BY m.id DESC LIMIT 1) AS last
FROM lead l WHERE l.id {among}"""
_AMONG = {"sqlite": "IN (SELECT value FROM json_each($1))", "postgres": "= ANY($1)"}


@dataclass(frozen=True, slots=True)
class _Around:
    """What belongs to some leads."""

    contacts: Mapping[int, Contact]
    points: Owned[ContactPoint]
    identities: Owned[Identity]
    conversations: Owned[Conversation]
    links: Owned[Link]
    threads: Owned[DeskThread]
    reminders: Owned[Reminder]
    ends: Mapping[int, tuple[int | None, int | None]]
    messages: Mapping[int, Message]
    managers: tuple[Manager, ...]
    sources: Mapping[int, str]


async def lead_many(db: Database, ids: Sequence[int]) -> list[LeadSnapshot | None]:
    """Those with these ids; None for one that there is not."""
    return await db.look(lambda inside: _many(inside, ids))


async def _many(db: Database, ids: Sequence[int]) -> list[LeadSnapshot | None]:
    leads = await by_ids(db, Lead, ids)
    around = await _around(db, list(leads.values()))
    return [_snapshot(leads[lead_id], around) if lead_id in leads else None for lead_id in ids]


async def _around(db: Database, leads: Sequence[Lead]) -> _Around:
    ids = [lead.id for lead in leads]
    mine: Where = {"lead_id__in": ids}
    owners: Where = {"contact_id__in": sorted({lead.contact_id for lead in leads})}
    ends = await _ends(db, ids)
    return _Around(
        contacts=await by_ids(db, Contact, (lead.contact_id for lead in leads)),
        points=_by("contact_id", await some(db, ContactPoint, "id", **owners)),
        identities=_by("contact_id", await some(db, Identity, "id", **owners)),
        conversations=_by("contact_id", await some(db, Conversation, "id", **owners)),
        links=_by("contact_id", await some(db, Link, "id", **owners)),
        threads=_by("lead_id", await some(db, DeskThread, "id", **mine)),
        reminders=_by("lead_id", await some(db, Reminder, "due_at", "id", **mine, state__in=_DUE)),
        ends=ends,
        messages=await by_ids(db, Message, (end for pair in ends.values() for end in pair)),
        managers=await managers(db),
        sources={row["id"]: row["key"] for row in await db.rows("SELECT id, key FROM source")},
    )


async def _ends(db: Database, ids: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    """By lead the ids of the customer's first message and the newest."""
    found = await db.rows(_ENDS.replace("{among}", _AMONG[db.dialect]), db.array(ids))
    return {row["id"]: (row["first"], row["last"]) for row in found}


def _snapshot(lead: Lead, around: _Around) -> LeadSnapshot:
    first, last = around.ends.get(lead.id, (None, None))
    conversations = around.conversations[lead.contact_id]
    others = (other for link in around.links[lead.contact_id] for other in link.others)
    return LeadSnapshot(
        lead=lead,
        contact=around.contacts[lead.contact_id],
        points=tuple(around.points[lead.contact_id]),
        identities=tuple(around.identities[lead.contact_id]),
        conversations=_newest_first(conversations),
        threads=tuple(around.threads[lead.id]),
        reminders=tuple(around.reminders[lead.id]),
        managers=around.managers,
        first_message=around.messages.get(first) if first else None,
        last_message=around.messages.get(last) if last else None,
        others=tuple(dict.fromkeys(others)),
        sources={one.source_id: around.sources[one.source_id] for one in conversations},
    )


def _newest_first(conversations: Sequence[Conversation]) -> tuple[Conversation, ...]:
    def newest(one: Conversation) -> tuple[datetime, int]:
        return one.last_in_at or one.created_at, one.id

    return tuple(sorted(conversations, key=newest, reverse=True))


def _by(owner: str, rows: Iterable[Any]) -> Owned[Any]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, owner)].append(row)
    return found
